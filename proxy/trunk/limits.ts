import type { Clock } from '../../runtime/clock.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'

/** Whether a call may use a trunk now. */
export type Admission =
  { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly retryAfterSec: number }

/** Counts the calls of each trunk in this door and holds them to its limits. */
export interface TrunkLimits {
  /** Takes a place for `call`, which must be given back by `left`. A call that has one already keeps it. */
  admit(trunk: Trunk, call: string): Admission
  /** The call is over; an unknown one is no error. */
  left(call: string): void
  /** Calls that use the trunk now. */
  inUse(trunk: string): number
}

export interface TrunkLimitsOptions {
  readonly clock: Clock
  /** In [0, 1); spreads those that are to come again. */
  readonly chance: () => number
}

export function createTrunkLimits({ clock, chance }: TrunkLimitsOptions): TrunkLimits {
  const callsOf = new Map<string, Set<string>>()
  const trunkOf = new Map<string, string>()
  const buckets = new Map<string, Bucket>()

  function admit({ id, limits = {} }: Trunk, call: string): Admission {
    const calls = callsOf.get(id) ?? new Set<string>()
    if (calls.has(call)) return { kind: 'admitted' }
    const { calls: most = Infinity, callsPerSecond: rate = Infinity } = limits
    // The number of calls falls by one when one ends, the rate within a second.
    if (calls.size >= most) return refused(5)
    if (rate !== Infinity && !takesToken(id, rate)) return refused(1)
    callsOf.set(id, calls.add(call))
    trunkOf.set(call, id)
    return { kind: 'admitted' }
  }

  function takesToken(id: string, rate: number): boolean {
    const now = clock.now()
    const { tokens, at } = buckets.get(id) ?? { tokens: Infinity, at: now }
    // What one second brings may come at once, and no less than one call.
    const filled = Math.min(Math.max(1, rate), tokens + ((now - at) * rate) / 1000)
    const takes = rate > 0 && filled >= 1
    buckets.set(id, { tokens: takes ? filled - 1 : filled, at: now })
    return takes
  }

  function refused(leastSec: number): Admission {
    return { kind: 'refused', retryAfterSec: leastSec + Math.floor(chance() * leastSec * 2) }
  }

  function left(call: string): void {
    const id = trunkOf.get(call)
    if (id === undefined) return
    trunkOf.delete(call)
    const calls = callsOf.get(id)
    calls?.delete(call)
    if (calls?.size === 0) callsOf.delete(id)
  }

  return { admit, left, inUse: trunk => callsOf.get(trunk)?.size ?? 0 }
}

interface Bucket {
  readonly tokens: number
  /** When they were counted. */
  readonly at: number
}
