import type { Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Policy } from '../../domain/choose.ts'
import type { MediaServer } from '../../domain/media-server.ts'
import type { Ledger, Store } from '../store.ts'
import { MemoryBindings } from './bindings.ts'
import { createMemoryCollection } from './collection.ts'
import { MemoryCredentials } from './credentials.ts'
import { DurableTables } from './durable-tables.ts'
import { LedgerBook } from './ledger-book.ts'
import { createMemoryLeases } from './leases.ts'
import { MemoryPins } from './pins.ts'
import { MemorySessions } from './sessions.ts'

/** What a memory store is made of. */
export interface MemoryStoreOptions {
  readonly policy: Policy
  /** Where `state.json` keeps servers, agents, trunks and routes; absent: nothing outlives the process. */
  readonly dataDir?: string
  readonly clock: Clock
  readonly log: Log
}

/** The store of a fleet with one process. `start` rejects with `E_STORE` when the kept state cannot be read. */
export function createMemoryStore({ policy, dataDir, clock, log }: MemoryStoreOptions): Store {
  const durable = new DurableTables(dataDir)
  const servers = createMemoryCollection(durable, tables => tables.servers, log)
  const book = new LedgerBook(policy)
  servers.onChange(() => book.keepOnly(serversOf(durable)))
  return {
    start: () => durable.load(),
    stop: () => durable.settled(),
    servers,
    agents: createMemoryCollection(durable, tables => tables.agents, log),
    trunks: createMemoryCollection(durable, tables => tables.trunks, log),
    routes: createMemoryCollection(durable, tables => tables.routes, log),
    ledger: createMemoryLedger(book, () => serversOf(durable), clock),
    pins: new MemoryPins(),
    bindings: new MemoryBindings(clock),
    sessions: new MemorySessions(),
    credentials: new MemoryCredentials(clock),
    leases: createMemoryLeases(clock),
  }
}

function serversOf(durable: DurableTables): readonly MediaServer[] {
  return [...durable.tables.servers.values()].map(({ item }) => item)
}

function createMemoryLedger(book: LedgerBook, servers: () => readonly MediaServer[], clock: Clock): Ledger {
  return {
    putLoad: async (server, load, fence) => book.putLoad(server, load, fence),
    putHealth: async (server, health) => book.putHealth(server, health),
    candidates: async () => book.candidates(servers(), clock.wall()),
    reserve: async order => book.reserve(servers(), order),
    release: async calls => book.release(calls),
  }
}
