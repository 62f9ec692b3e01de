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
    const warmUp = flags.number('warm-up', 200_000, 100, 10_000_000)
    flags.finish()
    const policy = { utilisation: 'expected', rho: 0.7 } as const
    const parts = { policy, clock: systemClock, log: silentLog }
    const redis = await startRedis()
    try {
      const shared = createRedisStore({ ...parts, url: redis.url, fleet: 'bench', commandTimeoutMs: 20_000 })
      const onRedis = await timesOf(shared, servers, choices, choices)
      const inMemory = await timesOf(createMemoryStore(parts), servers, choices, warmUp)
      return {
        figures: {
          redis: rounded(percentile(onRedis, 0.99), 3),
          redisP50Ms: rounded(percentile(onRedis, 0.5), 3),
          memory: rounded(percentile(inMemory, 0.99), 4),
          memoryP50Ms: rounded(percentile(inMemory, 0.5), 4),
        },
        conditions: { servers, choices, warmUp, unit: 'ms, p99' },
      }
    } finally {
      await redis.stop()
    }
  },
}

/**
 * Milliseconds of each choice, after `warmUp` others: by then Node has compiled what runs, and its heap has touched the memory that it
 * goes on with. Calls join and end as others come, outside of what is timed: calls that never end would measure how tables grow.
 */
async function timesOf(
  store: Store,
  servers: number,
  choices: number,
  warmUp: number,
): Promise<readonly number[]> {
  await store.start()
  try {
    const ids = Array.from({ length: servers }, (_, index) => `ms-${index}`)
    await Promise.all(ids.map(id => store.servers.put(mediaServer(id, { capacity: 100_000 }))))
    for (const [index, id] of ids.entries()) await store.ledger.putLoad(id, load({ waiting: index % 20 }))
    const times: number[] = []
    for (let call = 0; call < warmUp + choices; call++) {
      const took = await timeOf(store, call)
      if (call >= warmUp) times.push(took)
      if (call >= joinsAfter) await joined(store, `c${call - joinsAfter}`)
      if (call >= endsAfter) await store.ledger.end(`c${call - endsAfter}`)
    }
    return times
  } finally {
    await store.stop()
  }
}

/** How many other calls are placed before a call has joined, and before it ends. */
const joinsAfter = 500
const endsAfter = 3_000

async function timeOf(store: Store, call: number): Promise<number> {
  const chance = (call * 0.618) % 1
  const order = { call: `c${call}`, exclude: [], chance, at: Date.now(), ttlMs: 15_000 }
  const begun = performance.now()
  await store.ledger.reserve(order)
  return performance.now() - begun
}

async function joined(store: Store, call: string): Promise<void> {
  await store.ledger.settle(call)
  await store.ledger.release([call])
}
