import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentsService, Connected } from '../load/agents-process.ts'
import { startFarEnd, type FarEnd } from '../load/far-end.ts'
import { start, type Process } from './remote.ts'
import { password, type Arrangement } from './settings.ts'
import { added } from './statistics.ts'
import type { Snapshot } from './snapshot.ts'
import { startSystem, type System } from './system.ts'

export interface BedOptions extends Pick<Arrangement, 'edge' | 'logLevel'> {
  readonly snapshot: Snapshot
  readonly agents: number
  /** Processes that play the agents. */
  readonly generators: number
  readonly profile?: string | undefined
  readonly exposeGc?: boolean
}

/** Everything that a measurement needs, running: agents (not connected yet) → system under test → far end. */
export interface Bed {
  readonly system: System
  readonly farEnd: FarEnd
  readonly generators: readonly Process<AgentsService>[]
  /** Connects and registers the agents from the `first` to the one before `end` (default: all), `atOnce` at a time. */
  connect(atOnce: number, first?: number, end?: number): Promise<Connected>
  /** Of everything on the bed, the system under test included. */
  readonly pids: readonly number[]
}

/** Sets the bed up, lets `measure` work and takes everything down again, also after a failure. */
export async function onBed<T>(options: BedOptions, measure: (bed: Bed) => Promise<T>): Promise<T> {
  const { snapshot } = options
  const folder = join(snapshot.folder, `far-end-${(beds += 1)}`)
  await mkdir(folder)
  const farEnd = await startFarEnd(snapshot.module('scripts/load/sipp-uas.xml'), folder)
  const agents = Array.from({ length: options.agents }, (_, at) => `a${at + 1}`)
  const generators = Array.from({ length: options.generators }, () =>
    start<AgentsService>({ module: snapshot.module('scripts/load/agents-process.js') }),
  )
  let system: System | undefined
  try {
    system = await startSystem({ ...options, agents, server: { host: farEnd.host, port: farEnd.port } })
    const pids = [...system.pids, farEnd.pid, ...generators.map(({ pid }) => pid)]
    const { url, domain } = system
    const addresses = addressesFor(agents.length)
    const registers = options.edge !== 'relay'
    const connect: Bed['connect'] = (atOnce, first = 0, end = agents.length) => {
      const some = agents.slice(first, end)
      return connectAll(generators, { url, domain, password, agents: some, addresses, atOnce, registers })
    }
    return await measure({ system, farEnd, generators, connect, pids })
  } finally {
    await Promise.all(generators.map(generator => generator.stop()))
    await system?.stop()
    await farEnd.stop()
  }
}

type ConnectOrder = Parameters<AgentsService['connect']>[0]

async function connectAll(
  generators: readonly Process<AgentsService>[],
  order: ConnectOrder,
): Promise<Connected> {
  const { length } = generators
  const done = await Promise.all(
    generators.map((generator, at) =>
      generator.ask.connect({
        ...order,
        agents: order.agents.filter((_, index) => index % length === at),
        atOnce: Math.ceil(order.atOnce / length),
      }),
    ),
  )
  return {
    registered: done.reduce((sum, { registered }) => sum + registered, 0),
    ms: Math.max(...done.map(({ ms }) => ms)),
    reasons: added(done.map(({ reasons }) => reasons)),
  }
}

/** One address, as of an office behind a NAT; more where that would be above the door's limits for one. */
function addressesFor(agents: number): readonly string[] {
  return Array.from({ length: Math.ceil(agents / agentsPerAddress) }, (_, at) => `127.0.2.${at + 1}`)
}

const agentsPerAddress = 2_000
let beds = 0
