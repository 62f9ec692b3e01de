import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { signIn } from '../../cli/synthetic/selftest.ts'
import { createClient, type Client } from '../../selector/client.ts'
import { openCapture, sorted } from './capture.ts'
import { startLab, type Lab } from './lab.ts'
import { watch } from './leak-scanner.ts'
import { nodeCommand } from './paths.ts'

export interface WorldOptions {
  readonly servers: number
  readonly store: 'redis' | 'memory:'
  readonly engine: 'embedded' | 'drachtio'
  readonly mediaAddress?: string
  /** Settings over those that the world needs. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A whole call centre in a namespace: real Asterisk servers, rtpengine, maybe Redis, and a door in a process of its own. */
export interface World {
  readonly lab: Lab
  readonly client: Client
  readonly origin: string
  /** PEM of the door's certificate, and its file. */
  readonly ca: string
  readonly caFile: string
  /** The process of the door. */
  readonly pid: number
  /** Everything that the door wrote. */
  readonly output: readonly string[]
  /** Adds an agent, signs it in over HTTPS, connects and registers it over WSS. */
  agent(id: string): Promise<SyntheticAgent>
  /** Another door on the same store, which media servers do not know. Its carriers find it at port 5061. Stopped with the world, or before. */
  secondDoor(): Promise<PorticoProcess>
  /** The same for an agent that exists. */
  signedIn(id: string): Promise<SyntheticAgent>
  /** The password that every agent has. */
  readonly password: string
  stop(): Promise<void>
}

const password = 'correct horse battery'
const adminToken = 'an-admin-token-for-tests'
const domain = 'portico.test'
const secret = 'a-control-secret'
/** The control port of the second door's engine. */
const secondControl = 9023
/** Where the second door listens. */
const secondListen = {
  public: { port: 8444, origins: ['https://localhost:8443'] },
  trunk: { port: 5061 },
  inside: { port: 5071 },
  admin: { port: 9083 },
  relay: { port: 5067 },
  metrics: { port: 9082 },
}
/** Where agents connect to the two doors. */
export const atFirst = 'wss://localhost:8443/sip'
export const atSecond = 'wss://localhost:8444/sip'

export async function startWorld({
  servers,
  store,
  engine,
  mediaAddress,
  settings,
}: WorldOptions): Promise<World> {
  const lab = await startLab(`world-${process.ppid}-${Date.now().toString(36)}`, servers, {
    rtpengine: true,
    redis: store === 'redis',
    ...(mediaAddress !== undefined && { mediaAddress }),
  })
  const capture = await openCapture(leaksOf(lab))
  const dataDir = mkdtempSync(join(tmpdir(), 'portico-world-'))
  const file = join(dataDir, 'portico.yaml')
  const config = {
    dataDir,
    store: store === 'redis' ? lab.redis : 'memory:',
    // The machine may be busy with other tests; how fast Redis answers is not what is tested here.
    redis: { budgetMs: 2_000 },
    signalling: { engine, drachtio: { secret } },
    agents: { domain },
    admin: { token: adminToken },
    media: { rtpengine: [lab.rtpengine] },
    capture: { hep: capture.url },
    ...settings,
  }
  writeFileSync(file, stringify(config), { mode: 0o600 })
  const processes: PorticoProcess[] = engine === 'drachtio' ? [await startPortico('engine', file)] : []
  const door = await startPortico('up', file)
  const client = createClient({ url: 'http://127.0.0.1:9080', token: adminToken })
  for (const { id, sip, ami, capacity } of lab.servers) await client.servers.add({ id, sip, ami, capacity })
  await until('every server to be eligible', async () => {
    const { considered } = await client.look({})
    return (
      considered.length === servers &&
      considered.every(({ excluded, state }) => !excluded && state?.health === 'up')
    )
  })
  const caFile = join(dataDir, 'development-cert.pem')
  const ca = readFileSync(caFile, 'utf8')
  const origin = 'https://localhost:8443'
  const secrets = new Set([password, adminToken, secret, ...lab.servers.map(({ ami }) => ami.secret)])
  const signedIn = async (id: string): Promise<SyntheticAgent> => {
    const grant = await signIn(origin, ca, { agent: id, password })
    watch.toOutside(JSON.stringify(grant))
    secrets.add(grant.password)
    const account = { user: grant.authorizationUser, password: grant.password }
    const agent = new SyntheticAgent({ url: grant.wssUrl, origin, ca, agent: id, domain, account })
    await agent.start()
    const status = await agent.register()
    if (status !== 200) throw new Error(`REGISTER of ${id} was answered ${status}`)
    return agent
  }
  return {
    lab,
    client,
    origin,
    ca,
    caFile,
    pid: door.pid,
    output: door.output,
    password,
    async secondDoor() {
      const path = join(dataDir, 'second.yaml')
      const signalling = { engine, drachtio: { secret, port: secondControl } }
      writeFileSync(path, stringify({ ...config, signalling, listen: secondListen }), { mode: 0o600 })
      if (engine === 'drachtio') processes.push(await startPortico('engine', path))
      const second = await startPortico('up', path)
      processes.push(second)
      return second
    },
    async agent(id) {
      await client.agents.add({ id, name: `Agent ${id}`, password })
      return signedIn(id)
    },
    signedIn,
    async stop() {
      for (const process of [door, ...processes]) await process.stop()
      capture.close()
      const shown = [door, ...processes].flatMap(({ output }) => output).filter(line => hasAny(line, secrets))
      if (shown.length > 0) throw new Error(`a secret was logged:\n${shown.join('\n')}`)
    },
  }
}

/** Nothing of the lab may be seen by agents and carriers, whatever a test does. */
function leaksOf({ servers, redis, rtpengine }: Lab): Parameters<typeof openCapture>[0] {
  const inside = new Set(servers.flatMap(({ sip, ami }) => [sip.host, ami.host]))
  const services = [redis, rtpengine].filter(url => url !== '').map(url => new URL(url).host)
  for (const mark of [...inside, ...services, '127.0.0.1:5070', '127.0.0.1:5066']) watch.mark(mark)
  const take = sorted(watch, {
    isInside: ({ host }) => inside.has(host),
    isDoor: ({ port }) => port === 8443 || port === 5060,
  })
  // What door and engine say to each other is neither.
  return message => {
    if (message.from.port !== 5066 && message.to.port !== 5066) take(message)
  }
}

function hasAny(line: string, secrets: ReadonlySet<string>): boolean {
  return [...secrets].some(secret => line.includes(secret))
}

/** A `portico` command that keeps running. */
export interface PorticoProcess {
  readonly output: readonly string[]
  readonly pid: number
  /** Ends it as an operator would; resolves to its exit code. */
  stop(): Promise<number | null>
}

/** Starts `portico COMMAND`; resolves when it says that it is up, rejects with its output when it ends before. */
export async function startPortico(command: 'up' | 'engine', file: string): Promise<PorticoProcess> {
  const { command: line, options } = portico([command, '--config', file])
  const child = spawn(line[0], line.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  createInterface({ input: child.stderr }).on('line', line => output.push(line))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      output.push(line)
      if (/^(agents|control) /.test(line)) resolve()
    })
    void ended.then(code => reject(new Error(`portico ${command} ended with ${code}:\n${output.join('\n')}`)))
  })
  return {
    output,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** How a `portico` command is started. */
export function portico(args: readonly string[]): {
  readonly command: readonly [string, ...string[]]
  readonly options: { readonly env: NodeJS.ProcessEnv }
} {
  // A door takes every PORTICO_… for a setting, so it does not get those of the tests.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  return { command: [...nodeCommand('cli/main'), ...args], options: { env } }
}

/** Waits until `holds`, asking 20 times a second; fails with `what` after `withinMs`. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs = 10_000,
): Promise<number> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > withinMs) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return performance.now() - began
}
