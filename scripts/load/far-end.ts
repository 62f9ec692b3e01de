import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PorticoError } from '../../runtime/errors.ts'

/** A SIPp that answers every call, on UDP. */
export interface FarEnd {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** Messages that it received or sent again, as told up to a second ago. */
  retransmissions(): Promise<number>
  stop(): Promise<void>
}

/** Starts SIPp in `folder`, where it writes its counters. Rejects with `E_LAB` when it does not run. */
export async function startFarEnd(scenario: string, folder: string, host = '127.0.1.1'): Promise<FarEnd> {
  const port = await freePort(host)
  const child = spawn(
    'sipp',
    ['-sf', scenario, '-i', host, '-p', String(port), '-nostdin', '-trace_counts', '-fd', '1', '-trace_err'],
    { cwd: folder, stdio: 'ignore' },
  )
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', cause => {
      reject(
        new PorticoError('E_LAB', `sipp does not start: ${cause.message}; install sip-tester`, { cause }),
      )
    })
  })
  return {
    host,
    port,
    pid: child.pid ?? 0,
    retransmissions: () => countRetransmissions(folder),
    stop: () => end(child),
  }
}

/** The columns that SIPp calls `…_Retrans`, added up in the newest line of its counters. */
async function countRetransmissions(folder: string): Promise<number> {
  const file = (await readdir(folder)).find(name => name.endsWith('_counts.csv'))
  if (file === undefined) return 0
  const [names = '', ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n')
  const last = lines.at(-1)?.split(';') ?? []
  return names
    .split(';')
    .reduce((sum, name, at) => (name.endsWith('_Retrans') ? sum + Number(last[at] ?? 0) : sum), 0)
}

async function freePort(host: string): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, host, resolve)
  })
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return port
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await gone
  clearTimeout(timer)
}
