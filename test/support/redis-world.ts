import { EventEmitter, once } from 'node:events'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { systemClock, type Clock } from '../../runtime/clock.ts'
import { silentLog, type Fields, type Log } from '../../runtime/log.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { startRedis, type TestRedis } from './redis.ts'

/** The policy of the stores of these tests. */
export const policy = { utilisation: 'expected', rho: 0.7 } as const

/** A Redis and what is connected to it. */
export interface RedisWorld {
  readonly redis: TestRedis
  readonly raw: Redis
  readonly store: Store
  /** Resolves when the store has logged that. */
  readonly logged: (event: string) => Promise<void>
  readonly said: [event: string, fields: Fields][]
}

/** A Redis of the test's own and a started store over it; both end with the test. */
export async function redisWorld(
  t: Test,
  commandTimeoutMs = 5_000,
  clock: Clock = systemClock,
): Promise<RedisWorld> {
  const redis = await startRedis()
  const said: [string, Fields][] = []
  const told = new EventEmitter()
  const note = (event: string, fields: Fields = {}): void => {
    said.push([event, fields])
    told.emit('line')
  }
  const log: Log = { ...silentLog, info: note, warn: note, error: note }
  const store = createRedisStore({ url: redis.url, fleet: 'f', policy, clock, log, commandTimeoutMs })
  const raw = new Redis(redis.url)
  raw.on('error', () => undefined)
  t.teardown(async () => {
    raw.disconnect()
    await store.stop()
    await redis.stop()
  })
  await store.start()
  const logged = async (event: string): Promise<void> => {
    while (!said.some(([name]) => name === event)) await once(told, 'line')
  }
  return { redis, raw, store, logged, said }
}
