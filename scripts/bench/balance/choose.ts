import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { createRedisStore } from '../../../selector/store/redis/store.ts'
import type { Store } from '../../../selector/store/store.ts'
import { load, mediaServer } from '../../../test/support/fleet.ts'
import { startRedis } from '../../../test/support/redis.ts'
import type { Bench } from '../bench.ts'
import { percentile, rounded } from '../statistics.ts'

/** What one choice with its reservation takes in a large fleet. */
export const choose: Bench = {
  about: 'choose and reserve among 1,000 servers: time of one, on Redis and in memory',
  async run(flags) {
    const servers = flags.number('servers', 1_000, 1, 10_000)
    const choices = flags.number('choices', 5_000, 100, 100_000)
    flags.finish()
    const policy = { utilisation: 'expected', rho: 0.7 } as const
    const parts = { policy, clock: systemClock, log: silentLog }
    const redis = await startRedis()
    try {
      const shared = createRedisStore({ ...parts, url: redis.url, fleet: 'bench', commandTimeoutMs: 20_000 })
      const onRedis = await timesOf(shared, servers, choices)
      const inMemory = await timesOf(createMemoryStore(parts), servers, choices)
      return {
        figures: {
          redis: rounded(percentile(onRedis, 0.99), 3),
          redisP50Ms: rounded(percentile(onRedis, 0.5), 3),
          memory: rounded(percentile(inMemory, 0.99), 4),
          memoryP50Ms: rounded(percentile(inMemory, 0.5), 4),
        },
        conditions: { servers, choices, unit: 'ms, p99' },
      }
    } finally {
      await redis.stop()
    }
  },
}

/** Milliseconds of each choice, after as many again that warm the process up. */
async function timesOf(store: Store, servers: number, choices: number): Promise<readonly number[]> {
  await store.start()
  try {
    const ids = Array.from({ length: servers }, (_, index) => `ms-${index}`)
    await Promise.all(ids.map(id => store.servers.put(mediaServer(id, { capacity: 100_000 }))))
    for (const [index, id] of ids.entries()) await store.ledger.putLoad(id, load({ waiting: index % 20 }))
    const times: number[] = []
    for (let call = 0; call < 2 * choices; call++) {
      const order = {
        call: `c${call}`,
        exclude: [],
        chance: (call * 0.618) % 1,
        at: Date.now(),
        ttlMs: 15_000,
      }
      const begun = performance.now()
      await store.ledger.reserve(order)
      if (call >= choices) times.push(performance.now() - begun)
    }
    return times
  } finally {
    await store.stop()
  }
}
