/** A rule that says where calls go. Rules are looked at in the order of their ranks; the first that fits decides. */
export interface Route {
  /** `[a-z0-9_.-]{1,64}`. */
  readonly id: string
  readonly enabled: boolean
  /** Its place among the others; ranks have gaps, so that a rule can be put between two. */
  readonly rank: number
  /** `in`: requests of trunks. `out`: calls of agents to the outside. */
  readonly direction: 'in' | 'out'
  readonly when: RouteConditions
  /** How the dialled number is changed before it is used. */
  readonly rewrite?: NumberRewriting
  /** What the other side is told of the caller. */
  readonly caller?: CallerRule
  /** The first of them that can take the call gets it. */
  readonly to: readonly RouteTarget[]
}

/** All that are given must hold. */
export interface RouteConditions {
  /** One of these trunks sent it. */
  readonly trunks?: readonly string[]
  /** Default: INVITE. A rule for another method can only reject. */
  readonly method?: string
  readonly number?: TextCondition
  readonly caller?: TextCondition
  readonly header?: { readonly name: string; readonly value: TextCondition }
  /** One of these windows is open. */
  readonly times?: readonly TimeWindow[]
}

/** What a text starts with, or the pattern that covers it. */
export type TextCondition = { readonly prefix: string } | { readonly pattern: string }

/** A time of the week. */
export interface TimeWindow {
  /** Default: every day. Of a window that goes over midnight, the day on which it opens. */
  readonly days?: readonly Day[]
  /** `HH:MM`; open from that minute on. */
  readonly from: string
  /** `HH:MM`, open until before that minute; `24:00` is the end of the day. Not after `from`: of the next day. */
  readonly until: string
  /** IANA time zone, e.g. `Europe/Berlin`. */
  readonly zone: string
}

/** A day of the week. */
export type Day = (typeof days)[number]

/** Sunday first, as ECMAScript counts. */
export const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Takes `strip` characters away and puts `prepend` before the rest; or takes `as`, in which `$1`…`$9` are groups of the pattern. */
export type NumberRewriting = { readonly strip?: number; readonly prepend?: string } | { readonly as: string }

/** What is told of the caller; what is not given stays as it came. */
export interface CallerRule {
  readonly number?: string
  readonly name?: string
  /** `withhold`: the callee is not told who calls (RFC 3323, RFC 3325 §9.3). `reveal`: also a caller that asked for privacy. */
  readonly privacy?: 'withhold' | 'reveal'
}

/** Where a call may go. */
export type RouteTarget =
  /** The conference of that agent; without `agent`, of the one whose id was dialled. `idle`: only while no other client is with it. */
  | { readonly kind: 'agent'; readonly agent?: string; readonly idle?: true }
  /** The longest-waiting agent of a group. */
  | { readonly kind: 'queue'; readonly group: string }
  /** Any waiting agent, on the least loaded media server. */
  | { readonly kind: 'pool' }
  /** To the outside; of a call that came in by a trunk, as its number is after the rewriting. */
  | { readonly kind: 'trunk'; readonly trunk: string }
  | { readonly kind: 'reject'; readonly status: number }

/** Ranks of rules that were put one after the other differ by this. */
export const rankGap = 1_024

/** The order in which rules are looked at; of two with the same rank the one with the lesser id goes first. */
export function byRank(a: Route, b: Route): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : 1)
}

/**
 * The new ranks that put `id` before the rule `before`, or last when that is undefined: one, unless there is no gap left.
 * Undefined when one of the two is not there.
 */
export function moved(
  routes: readonly Route[],
  id: string,
  before: string | undefined,
): ReadonlyMap<string, number> | undefined {
  const others = routes.filter(route => route.id !== id).toSorted(byRank)
  const at = before === undefined ? others.length : others.findIndex(route => route.id === before)
  if (at === -1 || others.length === routes.length) return undefined
  const [low, high] = [others[at - 1]?.rank, others[at]?.rank]
  if (high === undefined) return new Map([[id, (low ?? 0) + rankGap]])
  const middle = low === undefined ? high - rankGap : Math.floor((low + high) / 2)
  if (middle !== low && middle !== high) return new Map([[id, middle]])
  const order = [
    ...others.slice(0, at).map(route => route.id),
    id,
    ...others.slice(at).map(route => route.id),
  ]
  return new Map(order.map((one, index) => [one, (index + 1) * rankGap]))
}
