import type { Keys } from '../keys.ts'
import type { Leases } from '../store.ts'
import type { Connection } from './connection.ts'

/** Leases among all processes of the fleet. */
export function createRedisLeases(connection: Connection, keys: Keys): Leases {
  return {
    async hold(name, holder, ttlMs) {
      const fence = Number(
        await connection.run('hold', [keys.lease(name), keys.fence(name)], [holder, ttlMs]),
      )
      return fence > 0 ? fence : undefined
    },
    async drop(name, holder) {
      await connection.tryTo(() => connection.run('drop', [keys.lease(name)], [holder]))
    },
  }
}
