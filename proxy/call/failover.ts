import type { HealthOutcome } from '../../selector/domain/health.ts'

/** What to do after a media server did not take a call. */
export type Next = { readonly kind: 'next' } | { readonly kind: 'give-up'; readonly status: number }

/** An INVITE that a media server did not accept. */
export interface Refusal {
  readonly status: number
  /** True when the media server itself said nothing: no answer, not reachable. */
  readonly local: boolean
}

/** Statuses that speak about the server and not about the call (RFC 3261 §21.4.9, §21.5). */
const serverTrouble: ReadonlySet<number> = new Set([408, 500, 502, 503, 504])

/** Statuses that mean the same to the caller as to us. */
const passedOn: ReadonlySet<number> = new Set([480, 486, 487, 488, 600, 603, 606])

/**
 * Whether the next media server is asked. `mayMove` is false for a call that belongs to one server; `left` is how many
 * more servers may be asked.
 */
export function afterRefusal(refusal: Refusal, mayMove: boolean, left: number): Next {
  const trouble = refusal.local || serverTrouble.has(refusal.status)
  if (trouble && mayMove && left > 0) return { kind: 'next' }
  return { kind: 'give-up', status: statusForCaller(refusal) }
}

/** What a refusal tells about the server: a clear no to this call is a healthy answer. */
export function healthAfter({ status, local }: Refusal): HealthOutcome {
  return local || serverTrouble.has(status) ? 'failed' : 'succeeded'
}

/** What the caller is told; a status that would tell of the inside becomes 503. */
function statusForCaller(refusal: Refusal): number {
  return !refusal.local && passedOn.has(refusal.status) ? refusal.status : 503
}
