import { send, start, stop, terminated, timeout, type Step } from '../transaction/effects.ts'
import { patience, t1 } from '../transaction/timers.ts'

/**
 * A reliable provisional response until its PRACK (RFC 3262 §3). The pause between copies doubles without an end.
 *
 *     1xx sent ─→ waiting ──PRACK──→ over
 *                  1xx↺ at T1, doubling
 *                   └──64·T1──→ over (timeout: the INVITE must be refused)
 */
export type ReliableState =
  | {
      readonly kind: 'waiting'
      readonly bytes: Buffer
      readonly intervalMs: number
      readonly until: number
    }
  | { readonly kind: 'over' }

/** `ring`: the timer `1xx` rang. */
export type ReliableEvent = 'prack' | 'ring'

/** The response `bytes` has just been sent. */
export function beginReliable(bytes: Buffer, now: number): Step<ReliableState> {
  return [{ kind: 'waiting', bytes, intervalMs: t1, until: now + patience }, start('1xx', now + t1)]
}

/** What becomes of the response, and what is to be done. */
export function stepReliable(state: ReliableState, event: ReliableEvent, now: number): Step<ReliableState> {
  if (state.kind === 'over') return [state]
  if (event === 'prack') return [{ kind: 'over' }, stop('1xx'), terminated]
  if (now >= state.until) return [{ kind: 'over' }, timeout, terminated]
  const intervalMs = 2 * state.intervalMs
  const next = Math.min(now + intervalMs, state.until)
  return [{ ...state, intervalMs }, send(state.bytes), start('1xx', next)]
}
