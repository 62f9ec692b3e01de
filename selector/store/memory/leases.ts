import type { Clock } from '../../../runtime/clock.ts'
import type { Leases } from '../store.ts'

/** Leases among the parts of one process. */
export function createMemoryLeases(clock: Clock): Leases {
  const leases = new Map<string, { holder: string; fence: number; expiresAt: number }>()
  return {
    async hold(name, holder, ttlMs) {
      const lease = leases.get(name)
      const free = !lease || lease.expiresAt <= clock.now()
      if (!free && lease.holder !== holder) return undefined
      const fence = (lease?.fence ?? 0) + (free ? 1 : 0)
      leases.set(name, { holder, fence, expiresAt: clock.now() + ttlMs })
      return fence
    },
    async drop(name, holder) {
      const lease = leases.get(name)
      if (lease?.holder === holder) lease.expiresAt = clock.now()
    },
  }
}
