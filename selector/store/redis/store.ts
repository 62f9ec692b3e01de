import { every, type Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Policy } from '../../domain/choose.ts'
import { keysOf, type Keys } from '../keys.ts'
import { routeSchema } from '../route-schema.ts'
import { agentSchema, mediaServerSchema } from '../schemas.ts'
import type { Store } from '../store.ts'
import { trunkSchema } from '../trunk-schema.ts'
import { createRedisBindings } from './bindings.ts'
import { Changes } from './changes.ts'
import { createRedisCollection } from './collection.ts'
import { Connection } from './connection.ts'
import { createRedisCredentials } from './credentials.ts'
import { createGarbage } from './garbage.ts'
import { createRedisLeases } from './leases.ts'
import { createRedisLedger } from './ledger.ts'
import { createRedisPins } from './pins.ts'
import { createRedisSessions } from './sessions.ts'

/** What a Redis store is made of. */
export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string
  /** Processes with the same fleet name share everything. */
  readonly fleet: string
  readonly policy: Policy
  readonly clock: Clock
  readonly log: Log
  /** How long one command may take before this process goes on without Redis. */
  readonly commandTimeoutMs?: number
}

/** The store of a fleet with several processes. `start` rejects with `E_REDIS_UNREACHABLE` within three seconds. */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { url, fleet, clock, log, commandTimeoutMs = 250 } = options
  const keys = keysOf(fleet)
  const connection = new Connection({ url, commandTimeoutMs, clock, log })
  const changes = new Changes(connection, keys, clock, log)
  const parts = createParts(options, keys, connection, changes)
  const { servers, agents, trunks, routes, ledger } = parts
  let endUpkeep: (() => void) | undefined
  return {
    ...parts,
    leases: createRedisLeases(connection, keys),
    async start() {
      await connection.start()
      await changes.start()
      for (const collection of [servers, agents, trunks, routes]) await collection.start()
      await ledger.candidates()
      endUpkeep = keepUp(parts, connection, clock)
    },
    async stop() {
      endUpkeep?.()
      changes.stop()
      await connection.stop()
    },
  }
}

type Parts = ReturnType<typeof createParts>

function createParts(
  { policy, clock, log }: RedisStoreOptions,
  keys: Keys,
  connection: Connection,
  changes: Changes,
) {
  const garbage = createGarbage(log)
  const shared = { connection, keys, changes, garbage, log }
  const withServer = (id: string): readonly string[] => [keys.load(id), keys.reservations(id)]
  const servers = createRedisCollection('servers', mediaServerSchema, shared, withServer)
  return {
    servers,
    agents: createRedisCollection('agents', agentSchema, shared),
    trunks: createRedisCollection('trunks', trunkSchema, shared),
    routes: createRedisCollection('routes', routeSchema, shared),
    ledger: createRedisLedger({ ...shared, policy, servers: () => servers.view(), clock }),
    pins: createRedisPins(connection, keys, garbage, pinTtlMs),
    bindings: createRedisBindings(connection, keys, garbage, clock),
    sessions: createRedisSessions({ ...shared, clock, ttlMs: sessionTtlMs }),
    credentials: createRedisCredentials(connection, keys, garbage, clock),
  }
}

/** Keeps what this process owns alive in Redis, and puts it back after Redis was away. */
function keepUp(
  { ledger, pins, bindings, sessions, credentials }: Parts,
  connection: Connection,
  clock: Clock,
): () => void {
  const renew = (): void => {
    void connection.tryTo(() => pins.renew())
    void connection.tryTo(() => sessions.renew())
  }
  const restore = (): void => {
    renew()
    void connection.tryTo(() => bindings.restore())
    void connection.tryTo(() => credentials.restore())
  }
  const ends = [
    every(clock, renewMs, renew),
    every(clock, viewMs, () => void ledger.candidates()),
    connection.onReturn(restore),
  ]
  return () => {
    for (const end of ends) end()
  }
}

const renewMs = 10_000
const sessionTtlMs = 30_000
const pinTtlMs = 60_000
/** How old the view may be that a placement falls back to. */
const viewMs = 2_000
