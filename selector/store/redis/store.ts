import { every, type Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Policy } from '../../domain/standing.ts'
import type { MediaServer } from '../../domain/media-server.ts'
import { measuredRho } from '../../domain/rho.ts'
import { withFile } from '../decision-file.ts'
import { keysOf, type Keys } from '../keys.ts'
import { routeSchema } from '../route-schema.ts'
import { agentSchema, mediaServerSchema } from '../schemas.ts'
import type { Store } from '../store.ts'
import { trunkSchema } from '../trunk-schema.ts'
import { createRedisBindings } from './bindings.ts'
import { Changes } from './changes.ts'
import { createRedisCollection, type RedisCollection } from './collection.ts'
import { Connection } from './connection.ts'
import { createRedisCredentials } from './credentials.ts'
import { createGarbage } from './garbage.ts'
import { createRedisLeases } from './leases.ts'
import { createRedisDecisions } from './decisions.ts'
import { createRedisDials } from './dials.ts'
import { createRedisLedger, type RedisLedger } from './ledger.ts'
import { LivingDoors } from './living-doors.ts'
import { RedisDoors } from './doors.ts'
import { RedisOrders } from './orders.ts'
import { createRedisPins } from './pins.ts'
import { createRedisRecords } from './records.ts'
import { createRedisQueues } from './queues.ts'
import { createRedisSessions } from './sessions.ts'

/** What a Redis store is made of. */
export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string
  /** Processes with the same fleet name share everything. */
  readonly fleet: string
  readonly policy: Policy
  /** Whether the policy's ρ follows what is measured. */
  readonly measureRho?: boolean
  /** Takes one JSON line per decision of this process. */
  readonly decisionsFile?: string
  readonly clock: Clock
  readonly log: Log
  /** How long one command may take before this process goes on without Redis. */
  readonly commandTimeoutMs?: number
}

/** The store of a fleet with several processes. `start` rejects with `E_REDIS_UNREACHABLE` within three seconds. */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { url, fleet, clock, log, commandTimeoutMs = 150, measureRho = false } = options
  const keys = keysOf(fleet)
  const connection = new Connection({ url, commandTimeoutMs, clock, log })
  const changes = new Changes(connection, keys, clock, log)
  const living = new LivingDoors({ connection, keys, clock, ttlMs: livingMs })
  const parts = createParts(options, keys, connection, changes, living)
  const doors = new RedisDoors({ connection, keys, living, log })
  const orders = new RedisOrders({ connection, keys, sessions: parts.sessions, clock, log })
  const { servers, agents, trunks, routes, ledger } = parts
  let endUpkeep: (() => void) | undefined
  return {
    ...parts,
    leases: createRedisLeases(connection, keys),
    orders,
    doors,
    async start() {
      await connection.start()
      await changes.start()
      await orders.start()
      await doors.start()
      for (const collection of [servers, agents, trunks, routes]) await collection.start()
      ledger.setServers(servers.view())
      await ledger.rerank()
      await ledger.candidates()
      endUpkeep = keepUp(parts, living, connection, clock, measureRho)
    },
    async stop() {
      endUpkeep?.()
      changes.stop()
      orders.stop()
      doors.stop()
      await connection.stop()
    },
  }
}

type Parts = ReturnType<typeof createParts>

function createParts(
  { policy, decisionsFile, clock, log }: RedisStoreOptions,
  keys: Keys,
  connection: Connection,
  changes: Changes,
  living: LivingDoors,
) {
  const garbage = createGarbage(log)
  const shared = { connection, keys, changes, garbage, log }
  const withServer = (id: string): readonly string[] => [keys.load(id), keys.reservations(id), keys.ended(id)]
  const servers = createRedisCollection('servers', mediaServerSchema, shared, withServer)
  const ledger = createRedisLedger({ ...shared, policy, servers: () => servers.view(), clock })
  servers.onChange(() => ledger.setServers(servers.view()))
  return {
    servers: ranked(servers, ledger),
    agents: createRedisCollection('agents', agentSchema, shared),
    trunks: createRedisCollection('trunks', trunkSchema, shared),
    routes: createRedisCollection('routes', routeSchema, shared),
    ledger,
    decisions: withFile(createRedisDecisions(shared), decisionsFile, log),
    records: createRedisRecords(shared),
    pins: createRedisPins(connection, keys, garbage, pinTtlMs, clock),
    queues: createRedisQueues({ connection, keys, clock, ttlMs: pinTtlMs }),
    bindings: createRedisBindings(connection, keys, garbage, clock),
    sessions: createRedisSessions({ ...shared, living, ttlMs: sessionTtlMs }),
    dials: createRedisDials({ ...shared, clock, holdMs: dialHoldMs }),
    credentials: createRedisCredentials(connection, keys, garbage, clock),
  }
}

/** Servers as written by an operator, each in its place in the order of loads when the write is done. */
function ranked(servers: RedisCollection<MediaServer>, ledger: RedisLedger): RedisCollection<MediaServer> {
  const moved = async (id: string): Promise<void> => {
    ledger.setServers(servers.view())
    await ledger.rerank([id])
  }
  return {
    ...servers,
    async put(server, expect) {
      const written = await servers.put(server, expect)
      if (written) await moved(server.id)
      return written
    },
    async remove(id) {
      const removed = await servers.remove(id)
      if (removed) await moved(id)
      return removed
    },
  }
}

/** Keeps what this process owns alive in Redis, and puts it back after Redis was away. */
function keepUp(
  { ledger, pins, queues, bindings, sessions, dials, credentials, records }: Parts,
  living: LivingDoors,
  connection: Connection,
  clock: Clock,
  measureRho: boolean,
): () => void {
  const live = (): void => void connection.tryTo(() => living.renew())
  const renew = (): void => {
    void connection.tryTo(() => pins.renew())
    void connection.tryTo(() => queues.renew())
    void connection.tryTo(() => sessions.renew())
    void connection.tryTo(() => dials.renew())
  }
  const keep = (): void => void ledger.keep()
  let endKeeping = every(clock, keepMs, keep)
  // Loads first: they say which calls need no place any more. A place that is put back before they are told counts twice.
  const keepLater = (): void => {
    endKeeping()
    endKeeping = clock.after(restoreMs, () => {
      keep()
      endKeeping = every(clock, keepMs, keep)
    })
  }
  const restore = (): void => {
    live()
    renew()
    keepLater()
    void ledger.restore()
    void connection.tryTo(() => bindings.restore())
    void connection.tryTo(() => credentials.restore())
    void connection.tryTo(() => records.restore())
  }
  const ends = [
    every(clock, signMs, live),
    every(clock, renewMs, renew),
    every(clock, viewMs, () => void ledger.candidates()),
    ...(measureRho ? [every(clock, measureMs, () => void measure(ledger))] : []),
    every(clock, rerankMs, () => void ledger.rerank()),
    () => endKeeping(),
    connection.onReturn(restore),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** How often a door shows that it lives, and how long it does after that. */
const signMs = 2_000
const livingMs = 8_000
const renewMs = 10_000
const sessionTtlMs = 30_000
const dialHoldMs = 60_000
const pinTtlMs = 60_000
async function measure(ledger: RedisLedger): Promise<void> {
  const policy = ledger.policy()
  const loads = (await ledger.candidates()).flatMap(({ load }) => load ?? [])
  const rho = measuredRho(loads, policy.rho)
  if (rho !== policy.rho) await ledger.follow({ ...policy, rho })
}

/** How often the share of agents in call is measured. */
const measureMs = 10_000
/** How often places are kept of calls that no counters show. */
const keepMs = 5_000
/** How long collectors of other doors have to tell their loads after Redis was away. */
const restoreMs = 3_000
/** How often the order of loads is held against what it is made of. */
const rerankMs = 30_000
/** How old the view may be that a placement falls back to. */
const viewMs = 2_000
