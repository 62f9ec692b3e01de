import { every, type Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Policy } from '../../domain/standing.ts'
import type { MediaServer } from '../../domain/media-server.ts'
import type { Ledger, Store } from '../store.ts'
import { MemoryBindings } from './bindings.ts'
import { createMemoryCollection } from './collection.ts'
import { MemoryCredentials } from './credentials.ts'
import { DurableTables } from './durable-tables.ts'
import { measuredRho } from '../../domain/rho.ts'
import { withFile } from '../decision-file.ts'
import { countChoice, newCounts } from '../ledger-counts.ts'
import { MemoryDecisions } from './decisions.ts'
import { MemoryDials } from './dials.ts'
import { LedgerBook } from './ledger-book.ts'
import { createMemoryLeases } from './leases.ts'
import { MemoryDoors } from './doors.ts'
import { MemoryOrders } from './orders.ts'
import { MemoryPins } from './pins.ts'
import { MemoryRecords } from './records.ts'
import { MemoryQueues } from './queues.ts'
import { MemorySessions } from './sessions.ts'

/** What a memory store is made of. */
export interface MemoryStoreOptions {
  readonly policy: Policy
  /** Whether the policy's ρ follows what is measured. */
  readonly measureRho?: boolean
  /** Takes one JSON line per decision. */
  readonly decisionsFile?: string
  /** Where `state.json` keeps servers, agents, trunks and routes; absent: nothing outlives the process. */
  readonly dataDir?: string
  readonly clock: Clock
  readonly log: Log
}

/** The store of a fleet with one process. `start` rejects with `E_STORE` when the kept state cannot be read. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  const { policy, dataDir, clock, log, measureRho = false, decisionsFile } = options
  const durable = new DurableTables(dataDir)
  const servers = createMemoryCollection(durable, tables => tables.servers, log)
  const book = new LedgerBook(policy)
  const follow = (): void => book.setServers(serversOf(durable), clock.wall())
  servers.onChange(follow)
  const queues = new MemoryQueues()
  let upkeep: readonly (() => void)[] = []
  return {
    async start() {
      await durable.load()
      follow()
      upkeep = [
        ...(measureRho ? [every(clock, measureMs, () => measure(book, clock))] : []),
        every(clock, renewMs, () => queues.renew(clock.wall(), clientMs)),
      ]
    },
    async stop() {
      for (const end of upkeep) end()
      await durable.settled()
    },
    servers,
    agents: createMemoryCollection(durable, tables => tables.agents, log),
    trunks: createMemoryCollection(durable, tables => tables.trunks, log),
    routes: createMemoryCollection(durable, tables => tables.routes, log),
    ledger: createMemoryLedger(book, clock),
    decisions: withFile(new MemoryDecisions(), decisionsFile, log),
    records: new MemoryRecords(),
    pins: new MemoryPins(clock),
    queues,
    bindings: new MemoryBindings(clock),
    sessions: new MemorySessions(),
    dials: new MemoryDials(clock),
    credentials: new MemoryCredentials(clock),
    leases: createMemoryLeases(clock),
    orders: new MemoryOrders(),
    doors: new MemoryDoors(),
  }
}

function serversOf(durable: DurableTables): readonly MediaServer[] {
  return [...durable.tables.servers.values()].map(({ item }) => item)
}

function measure(book: LedgerBook, clock: Clock): void {
  const loads = book.candidates(clock.wall()).flatMap(({ load }) => load ?? [])
  const rho = measuredRho(loads, book.policy.rho)
  if (rho !== book.policy.rho) book.follow({ ...book.policy, rho }, clock.wall())
}

function createMemoryLedger(book: LedgerBook, clock: Clock): Ledger {
  const counts = newCounts()
  return {
    counts,
    policy: () => book.policy,
    putLoad: async (server, load, fence) => book.putLoad(server, load, clock.wall(), fence),
    putHealth: async (server, word) =>
      book.putHealth(server, typeof word === 'string' ? { health: word } : word, clock.wall()),
    candidates: async only => book.candidates(clock.wall(), only),
    async reserve(order) {
      const choice = book.reserve(order)
      countChoice(counts, choice)
      return choice
    },
    release: async calls => book.release(calls, clock.wall()),
    settle: async call => book.settle(call),
    end: async call => void book.end(call, clock.wall()),
  }
}

/** How often the share of agents in call is measured. */
const measureMs = 10_000
/** How often it is said of clients that they are still there, and for how long that holds. */
const renewMs = 10_000
const clientMs = 60_000
