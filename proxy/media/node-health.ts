/** Whether new calls may be anchored at a node, and what is remembered of its failures. Times in milliseconds. */
export type NodeHealth =
  | { readonly kind: 'up'; readonly since: number; readonly outs: number }
  /** Not asked at all before `until`, and then for a sign of life only. */
  | { readonly kind: 'out'; readonly until: number; readonly outs: number }

/** A node of which nothing bad is known. */
export const healthy: NodeHealth = { kind: 'up', since: 0, outs: 0 }

/**
 * A node did not answer an order, which was sent three times: one such silence is enough. Each time that it goes out again
 * soon after it came back, it stays out twice as long.
 */
export function afterSilence(health: NodeHealth, now: number): NodeHealth {
  const isCalm = health.kind === 'up' && now - health.since >= calmMs
  const outs = isCalm ? 1 : health.outs + 1
  return { kind: 'out', until: now + Math.min(longestOutMs, shortestOutMs * 2 ** (outs - 1)), outs }
}

/** A node gave a sign of life. */
export function afterAnswer(health: NodeHealth, now: number): NodeHealth {
  return health.kind === 'out' && now >= health.until ? { kind: 'up', since: now, outs: health.outs } : health
}

/** Whether a node is to be asked for a sign of life. */
export function mayBeAsked(health: NodeHealth, now: number): boolean {
  return health.kind === 'up' || now >= health.until
}

const shortestOutMs = 1_000
const longestOutMs = 60_000
const calmMs = 60_000
