import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Readable } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A redis-server of the test's own, with nothing in it. */
export interface TestRedis {
  readonly port: number
  readonly url: string
  /** The process, for tests that stop or freeze it. */
  readonly pid: number
  /** Ends it like a power cut. */
  kill(): Promise<void>
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>
  /** Ends it and removes its directory. */
  stop(): Promise<void>
}

/** Settings of a redis-server beyond those of every test, such as `replicaof`. */
type Settings = Readonly<Record<string, string>>

/** Starts a redis-server on a free port of 127.0.0.1 that keeps nothing on disk. */
export async function startRedis(settings: Settings = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'portico-redis-'))
  const port = await freePort()
  let server = await run(port, directory, settings)
  const kill = async (): Promise<void> => await end(server)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return server.pid ?? 0
    },
    kill,
    async restart() {
      await kill()
      server = await run(port, directory, settings)
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Starts a sentinel that watches the server at `master` under the name `mymaster`, and takes it for dead at once. */
export async function startSentinel(master: number): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'portico-sentinel-'))
  const port = await freePort()
  const file = join(directory, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${master} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 2000',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const server = await ready(spawn('redis-server', [file, '--sentinel'], piped), 'Sentinel ID is')
  const kill = async (): Promise<void> => await end(server)
  return {
    port,
    url: `redis+sentinel://127.0.0.1:${port}/mymaster`,
    pid: server.pid ?? 0,
    kill,
    restart: async () => undefined,
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const piped = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }

async function run(port: number, directory: string, more: Settings): Promise<ChildProcess> {
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: directory, daemonize: 'no' }
  const args = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => [
    `--${name}`,
    ...(name === 'replicaof' ? String(value).split(' ') : [String(value)]),
  ])
  return await ready(spawn('redis-server', args, piped), 'Ready to accept connections')
}

/** Resolves when the server says that it is ready. */
async function ready(server: ChildProcessByStdio<null, Readable, null>, word: string): Promise<ChildProcess> {
  let output = ''
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    if (output.includes(word)) {
      server.stdout.resume()
      return server
    }
  }
  throw new Error(`redis-server did not start:\n${output}`)
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGKILL')
  await once(server, 'exit')
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
