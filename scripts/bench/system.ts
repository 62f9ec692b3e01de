import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { DoorService } from './door.ts'
import type { EngineService } from './engine.ts'
import { start, type Process } from './remote.ts'
import type { Arrangement } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import type { Usage } from './usage.ts'

export interface SystemOptions extends Omit<Arrangement, 'dataDir' | 'control'> {
  readonly snapshot: Snapshot
  /** Where each process leaves a CPU profile when it ends; absent: no profile is taken. */
  readonly profile?: string | undefined
  /** Lets `collect` work. */
  readonly exposeGc?: boolean
}

/** The processes whose cost is measured: the door, and with the edge `drachtio` the engine too. */
export interface System {
  /** Where agents connect. */
  readonly url: string
  readonly domain: string
  readonly pids: readonly number[]
  /** By process. */
  usage(): Promise<Readonly<Record<string, Usage>>>
  collect(): Promise<void>
  stop(): Promise<void>
}

/** Starts the system under test. When it rejects, nothing of it is left. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { snapshot, edge, logLevel, agents, server } = options
  const log = await open(join(snapshot.folder, 'system.log'), 'a')
  const arrangement: Arrangement = { edge, logLevel, agents, server, dataDir: join(snapshot.folder, 'data') }
  const members: Member[] = []
  const stop = (): Promise<void> => stopAll(members, log)
  try {
    const control = edge === 'drachtio' ? await startEngine(options, arrangement, members, log) : undefined
    const door = begin<DoorService>(options, inPlaceOf[edge], members, log)
    const { url, domain, pids = [] } = await door.ask.start({ ...arrangement, ...(control && { control }) })
    return {
      url,
      domain,
      pids: [...members.map(({ process }) => process.pid), ...pids],
      async usage() {
        const all = members.map(async ({ name, process }) => [name, await process.ask.usage()] as const)
        return Object.fromEntries(await Promise.all(all))
      },
      async collect() {
        for (const { process } of members) await process.ask.collect()
      },
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** What is started as the door. */
const inPlaceOf = { direct: 'door', drachtio: 'door', relay: 'relay', kamailio: 'kamailio' } as const

interface Member {
  readonly name: string
  readonly process: Process<Pick<DoorService, 'usage' | 'collect' | 'stop'>>
}

function begin<S extends (Member['process'] extends Process<infer Common> ? Common : never)>(
  { snapshot, profile, exposeGc = false }: SystemOptions,
  name: string,
  members: Member[],
  log: FileHandle,
): Process<S> {
  const process = start<S>({
    module: snapshot.module(`scripts/bench/${name}.js`),
    execArgv: [
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profile, name)}`]),
      ...(exposeGc ? ['--expose-gc'] : []),
    ],
    stderr: log.fd,
  })
  members.push({ name, process })
  return process
}

async function startEngine(
  options: SystemOptions,
  arrangement: Arrangement,
  members: Member[],
  log: FileHandle,
): Promise<{ host: string; port: number }> {
  return begin<EngineService>(options, 'engine', members, log).ask.start(arrangement)
}

async function stopAll(members: readonly Member[], log: FileHandle): Promise<void> {
  for (const { process } of members.toReversed()) {
    await process.ask.stop().catch(() => undefined)
    await process.stop()
  }
  await log.close()
}
