import { balanceBurst, balanceStale, balanceSteady } from './balance/bench.ts'
import { choose } from './balance/choose.ts'
import { redisAway } from './balance/redis-away.ts'
import type { Bench } from './bench.ts'
import { routes } from './routes.ts'

/** The benchmarks that call the product in their own process. */
export const inProcess: Readonly<Record<string, Bench>> = {
  routes,
  'balance-burst': balanceBurst,
  'balance-steady': balanceSteady,
  'balance-stale': balanceStale,
  choose,
  'redis-away': redisAway,
}
