import type { SessionTerms } from './session-terms.ts'

/**
 * The session timer of a confirmed dialog (RFC 4028 §10).
 *
 *     off ──agreed──→ waiting ──half the interval──→ asking ──refused──→ waiting (for the next attempt)
 *      │                ↖──────────agreed──────────────↙ └─408, 481, too late──→ off (expired: BYE)
 *      └──agreed, peer refreshes──→ watching ──nothing came──→ off (expired: BYE)
 */
export type SessionState =
  | { readonly kind: 'off' }
  /** We refresh, next at the ring. */
  | { readonly kind: 'waiting'; readonly terms: SessionTerms; readonly until: number }
  /** Our refresh is on its way. */
  | { readonly kind: 'asking'; readonly terms: SessionTerms; readonly until: number }
  /** The peer refreshes. */
  | { readonly kind: 'watching'; readonly terms: SessionTerms; readonly until: number }

/** `refused`: our refresh got no 2xx; `pauseMs` is how long to wait before the next one. */
export type SessionEvent =
  | { readonly kind: 'agreed'; readonly terms: SessionTerms | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly pauseMs: number; readonly minSec?: number }
  | { readonly kind: 'ring' }

/** What is to be done; a `wake` replaces the one before. */
export type SessionEffect =
  | { readonly kind: 'wake'; readonly at: number }
  | { readonly kind: 'sleep' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'expire' }

/** The next state, then what to do in this order. */
export type SessionStep = readonly [SessionState, ...SessionEffect[]]

/** No timer. */
export const noSession: SessionState = { kind: 'off' }

/** What becomes of the session, and what is to be done. */
export function stepSession(state: SessionState, event: SessionEvent, now: number): SessionStep {
  if (event.kind === 'agreed') return agreed(state, event.terms, now)
  switch (state.kind) {
    case 'off':
      return [state]
    case 'watching':
      return event.kind === 'ring' ? expired : [state]
    case 'waiting':
      if (event.kind !== 'ring') return [state]
      return now >= state.until ? expired : ask(state.terms, state.until)
    case 'asking':
      return event.kind === 'ring' ? expired : refused(state, event, now)
  }
}

function agreed(state: SessionState, terms: SessionTerms | undefined, now: number): SessionStep {
  if (terms === undefined) return state.kind === 'off' ? [state] : [noSession, { kind: 'sleep' }]
  const intervalMs = terms.seconds * 1000
  // §10: a third of the interval or 32 s before it ends, so that the BYE is not later than the peer's.
  const until = now + intervalMs - Math.min(32_000, intervalMs / 3)
  return terms.refresher === 'us'
    ? [
        { kind: 'waiting', terms, until },
        { kind: 'wake', at: now + intervalMs / 2 },
      ]
    : [
        { kind: 'watching', terms, until },
        { kind: 'wake', at: until },
      ]
}

function ask(terms: SessionTerms, until: number): SessionStep {
  return [{ kind: 'asking', terms, until }, { kind: 'wake', at: until }, { kind: 'refresh' }]
}

function refused(
  { terms, until }: SessionState & { kind: 'asking' },
  { status, pauseMs, minSec = 0 }: SessionEvent & { kind: 'refused' },
  now: number,
): SessionStep {
  // §10, RFC 3261 §12.2.1.2: the peer does not know the dialog any more, or is gone.
  if (status === 408 || status === 481) return expired
  if (status === 422 && minSec > terms.seconds) return ask({ ...terms, seconds: minSec }, until)
  return [
    { kind: 'waiting', terms, until },
    { kind: 'wake', at: Math.min(now + pauseMs, until) },
  ]
}

const expired: SessionStep = [noSession, { kind: 'sleep' }, { kind: 'expire' }]
