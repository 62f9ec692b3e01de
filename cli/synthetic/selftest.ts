import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { request } from 'node:https'
import type { Config } from '../../config/schema.ts'
import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Client } from '../../selector/client.ts'
import { sessionGrant, type ConferenceOutput, type SessionGrant } from '../../selector/contract.ts'
import { SyntheticAgent } from './agent.ts'
import { SyntheticCarrier } from './carrier.ts'
import { isUp } from './user-agent.ts'

export interface SelftestOptions {
  readonly client: Client
  readonly config: Config
  /** PEM of the door's certificate. */
  readonly ca: string
  readonly say: (line: string) => void
}

/** What the self-test found. */
export interface SelftestReport {
  readonly passed: boolean
  readonly agent: string
  /** Where the agent landed; absent when it did not. */
  readonly server?: string
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[]
}

/**
 * Calls in as an agent that exists only for this, calls that agent as a carrier, asks the media server itself who is in
 * the conference, hangs up, and asks again. Whatever was added to the configuration is removed again.
 */
export async function selftest(options: SelftestOptions): Promise<SelftestReport> {
  const run = new Selftest(options)
  try {
    await run.everything()
  } catch (cause) {
    run.check('no step failed', false, messageOf(cause))
  } finally {
    await run.cleanUp()
  }
  return run.report()
}

class Selftest {
  readonly #options: SelftestOptions
  readonly #agent = `selftest-${randomBytes(4).toString('hex')}`
  readonly #checks: { name: string; passed: boolean; detail: string }[] = []
  readonly #undo: (() => Promise<void>)[] = []
  #server: string | undefined

  constructor(options: SelftestOptions) {
    this.#options = options
  }

  report(): SelftestReport {
    const passed = this.#checks.length > 0 && this.#checks.every(check => check.passed)
    return {
      passed,
      agent: this.#agent,
      ...(this.#server !== undefined && { server: this.#server }),
      checks: this.#checks,
    }
  }

  check(name: string, passed: boolean, detail: string): void {
    this.#checks.push({ name, passed, detail })
    this.#options.say(`${passed ? 'ok  ' : 'FAIL'}  ${name}: ${detail}`)
  }

  async cleanUp(): Promise<void> {
    for (const undo of this.#undo.toReversed()) {
      await undo().catch((cause: unknown) => this.#options.say(`not cleaned up: ${messageOf(cause)}`))
    }
  }

  async everything(): Promise<void> {
    const password = randomBytes(12).toString('base64url')
    const { client } = this.#options
    await this.#until('a media server is ready', async () => (await client.look({})).kind === 'chosen')
    await client.agents.add({ id: this.#agent, name: 'self-test', password })
    this.#undo.push(() => client.agents.remove(this.#agent))
    const before = await this.#loads()
    const agent = await this.#agentIn(password)
    const joined = await agent.join()
    const server = await this.#landed(before)
    const carrier = await this.#carrierIn()
    const called = await carrier.call(this.#agent)
    this.check(
      'client leg',
      isUp(called),
      isUp(called) ? `answered through ${server}` : `refused ${called.status}`,
    )
    await this.#sees(server, ['agent', 'client'])
    if (isUp(called)) await called.hangUp()
    await this.#sees(server, ['agent'])
    await joined.hangUp()
    await this.#sees(server, [])
    const sessions = (await client.sessions()).filter(session => session.agent === this.#agent)
    this.check('nothing left behind', sessions.length === 0, `${sessions.length} legs of ${this.#agent}`)
  }

  async #agentIn(password: string): Promise<SyntheticAgent> {
    const { config, ca } = this.#options
    const { host, port, path } = config.listen.public
    const reach = host === '0.0.0.0' || host === '::' ? 'localhost' : host
    const origin = config.listen.public.origins.find(one => one !== '*') ?? `https://${reach}:${port}`
    const grant = await signIn(`https://${reach}:${port}`, ca, { agent: this.#agent, password })
    const agent = new SyntheticAgent({
      url: `wss://${reach}:${port}${path}`,
      origin,
      ca,
      agent: this.#agent,
      domain: config.agents.domain,
      account: { user: grant.authorizationUser, password: grant.password },
    })
    this.#undo.push(() => agent.stop())
    await agent.start()
    const status = await agent.register()
    this.check('registration over WSS', status === 200, `${status}`)
    return agent
  }

  async #landed(before: ReadonlyMap<string, number>): Promise<string> {
    const sessions = await this.#options.client.sessions()
    const server = sessions.find(session => session.agent === this.#agent)?.server ?? ''
    this.#server = server
    await this.#until(
      'the server counts the agent',
      async () => (await this.#loads()).get(server) === (before.get(server) ?? 0) + 1,
    )
    const after = await this.#loads()
    const loads = [...before].map(([id, load]) => `${id} ${load} → ${after.get(id) ?? '?'}`)
    const least = Math.min(...before.values())
    const name = `agent's leg on ${server}`
    this.check(name, before.get(server) === least, `agents before → after: ${loads.join(', ')}`)
    await this.#sees(server, ['agent'])
    return server
  }

  async #carrierIn(): Promise<SyntheticCarrier> {
    const { client, config } = this.#options
    const { host, port, transports } = config.listen.trunk
    const door = { host: host === '0.0.0.0' ? '127.0.0.1' : host, port }
    const address = await sourceAddress(door)
    const known = (await client.trunks.list()).some(
      trunk => trunk.enabled && trunk.addresses.includes(address),
    )
    if (!known) {
      await client.trunks.add({ id: this.#agent, addresses: [address] })
      this.#undo.push(() => client.trunks.remove(this.#agent))
    }
    const carrier = new SyntheticCarrier({ address, door, transport: transports[0] ?? 'udp' })
    this.#undo.push(() => carrier.stop())
    await carrier.start()
    return carrier
  }

  /** Asks the media server itself until it tells what is expected, or time is up. */
  async #sees(server: string, roles: readonly string[]): Promise<void> {
    const conference = `agt-${this.#agent}`
    let seen: ConferenceOutput['members'] = []
    const agreed = await this.#until('', async () => {
      seen = (await this.#options.client.conference(server, conference)).members
      return (
        seen
          .map(({ role }) => role)
          .toSorted()
          .join() === roles.toSorted().join()
      )
    })
    const names = seen.map(({ role, call }) => `${role} ${call}`).join(', ')
    const name =
      roles.length === 0
        ? `${conference} gone from ${server}`
        : `${conference} on ${server}: ${roles.join(' + ')}`
    this.check(name, agreed, `AMI ConfbridgeList says: ${names || 'no such conference'}`)
  }

  async #loads(): Promise<ReadonlyMap<string, number>> {
    const servers = await this.#options.client.servers.list()
    return new Map(
      servers.map(({ id, state }) => [id, (state?.load?.waiting ?? 0) + (state?.load?.inCall ?? 0)]),
    )
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<boolean> {
    for (let attempt = 0; attempt < 50; attempt++) {
      if (await holds()) return true
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    if (what !== '') this.check(what, false, 'not within 5 s')
    return false
  }
}

/** The address that this machine sends from when it calls the door. */
async function sourceAddress({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>(resolve => socket.connect(port, host, resolve))
  const { address } = socket.address()
  socket.close()
  return address
}

/** What the softphone does first: a password for a credential. Rejects with `E_API`. */
export async function signIn(
  url: string,
  ca: string,
  login: { readonly agent: string; readonly password: string },
): Promise<SessionGrant> {
  const body = JSON.stringify(login)
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    const post = request(`${url}/api/session`, { method: 'POST', ca, headers, timeout: 5_000 }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text))
    })
    post.on('error', cause =>
      reject(new PorticoError('E_API', `${url}: ${cause.message}; is the door open?`, { cause })),
    )
    post.end(body)
  })
  const read = sessionGrant.safeParse(JSON.parse(answer))
  if (read.success) return read.data
  throw new PorticoError('E_API', `POST ${url}/api/session: ${answer.slice(0, 200)}`)
}
