import type { Clock } from '../../runtime/clock.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'

/** Whether a call may use a trunk now. */
export type Admission =
  { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly retryAfterSec: number }

/** Counts the calls of each trunk in this door and holds them to its limits. */
export interface TrunkLimits {
  /** Whether a call would be admitted now; takes nothing. */
  check(trunk: Trunk): Admission
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

  function check({ id, limits = {} }: Trunk): Admission {
    const { calls: most = Infinity, callsPerSecond: rate = Infinity } = limits
    // The number of calls falls by one when one ends, the rate within a second.
    if ((callsOf.get(id)?.size ?? 0) >= most) return refused(5)
    return rate === Infinity || (rate > 0 && tokensOf(id, rate) >= 1) ? { kind: 'admitted' } : refused(1)
  }

  function admit(trunk: Trunk, call: string): Admission {
    const { id, limits: { callsPerSecond: rate = Infinity } = {} } = trunk
    const calls = callsOf.get(id) ?? new Set<string>()
    if (calls.has(call)) return { kind: 'admitted' }
    const admission = check(trunk)
    if (admission.kind === 'refused') return admission
    if (rate !== Infinity) buckets.set(id, { tokens: tokensOf(id, rate) - 1, at: clock.now() })
    callsOf.set(id, calls.add(call))
    trunkOf.set(call, id)
    return admission
  }

  /** What one second brings may come at once, and no less than one call. */
  function tokensOf(id: string, rate: number): number {
    const { tokens, at } = buckets.get(id) ?? { tokens: Infinity, at: clock.now() }
    return Math.min(Math.max(1, rate), tokens + ((clock.now() - at) * rate) / 1000)
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

  return { check, admit, left, inUse: trunk => callsOf.get(trunk)?.size ?? 0 }
}

interface Bucket {
  readonly tokens: number
  /** When they were counted. */
  readonly at: number
}
