/**
 * A process that runs the machine's Kamailio in the door's place: what the same agents and calls cost a well-known proxy. It only
 * passes on (kamailio.cfg), with the certificate that the door would have, one process for WSS and one for each core on UDP.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { loadCertificate } from '../../config/certificate.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { processTimes } from './conditions.ts'
import type { DoorService, Started } from './door.ts'
import { serve } from './remote.ts'
import { password, settingsOf, type Arrangement } from './settings.ts'
import { usage as ownUsage, type Usage } from './usage.ts'

let kamailio: ChildProcess | undefined
let pids: readonly number[] = []

serve<DoorService>({ start, stop, usage, collect: () => false })
process.on('exit', () => kamailio?.kill())

async function start(arrangement: Arrangement): Promise<Started> {
  const { agents, server, dataDir } = arrangement
  const config = settingsOf(arrangement)
  const { path } = config.listen.public
  const { domain } = config.agents
  const port = await freePort()
  const values: Readonly<Record<string, string | number>> = {
    port,
    path,
    domain,
    password,
    server: `${server.host}:${server.port}`,
    children: availableParallelism(),
    connections: 2 * agents.length + 100,
    certificate: join(dataDir, 'development-cert.pem'),
    key: join(dataDir, 'development-key.pem'),
  }
  await mkdir(dataDir, { recursive: true })
  await loadCertificate(config)
  const file = join(dataDir, 'kamailio.cfg')
  const template = await readFile(join(dirname(fileURLToPath(import.meta.url)), 'kamailio.cfg'), 'utf8')
  await writeFile(
    file,
    template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name])),
  )
  const child = await run(file)
  kamailio = child
  await answering(child, port)
  child.once('exit', () => process.exit(1))
  const { pid = 0 } = child
  pids = [pid, ...(await childrenOf(pid))]
  return { url: `wss://127.0.0.1:${port}${path}`, domain, pids }
}

async function run(file: string): Promise<ChildProcess> {
  const child = spawn('kamailio', ['-DD', '-E', '-m', '512', '-M', '16', '-f', file, '-Y', dirname(file)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', cause => reject(missing(`does not start: ${cause.message}`)))
  })
  return child
}

function missing(what: string): PorticoError {
  const step = 'install kamailio, kamailio-tls-modules and kamailio-websocket-modules'
  return new PorticoError('E_LAB', `kamailio ${what}; ${step}`)
}

/** Its processes are there once one of them ends TLS. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  for (let tried = 0; tried < 50 && child.exitCode === null; tried++) {
    if (await endsTls(port)) return
    await sleep(200)
  }
  throw missing('ends no TLS')
}

function endsTls(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, timeout: 1_000 })
    const tell = (does: boolean) => () => {
      socket.destroy()
      resolve(does)
    }
    socket.once('secureConnect', tell(true)).once('error', tell(false)).once('timeout', tell(false))
  })
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

/** A port that nobody has on UDP; nor, most likely, on TCP. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return port
}

/** Of all its processes; what is told of memory is this process's own. */
function usage(): Usage {
  const times = pids.map(processTimes)
  const sum = (part: 'user' | 'system'): number => times.reduce((all, one) => all + one[part], 0)
  return { ...ownUsage(), cpuMs: sum('user') + sum('system'), systemMs: sum('system') }
}

async function stop(): Promise<void> {
  const child = kamailio
  if (child === undefined || child.exitCode !== null) return
  child.removeAllListeners('exit')
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await gone
  clearTimeout(timer)
}
