import { send, start, stop, terminated, timeout, type Step } from '../transaction/effects.ts'
import { patience, t1, t2 } from '../transaction/timers.ts'

/**
 * A 2xx to an INVITE until its ACK (RFC 3261 §13.3.1.4); it is repeated over every transport, because a hop behind may lose it.
 *
 *     2xx sent ─→ waiting ──ACK──→ over
 *                  2xx↺ at T1, doubling to T2
 *                   └──64·T1──→ over (timeout: the dialog must be ended)
 */
export type AnswerState =
  | {
      readonly kind: 'waiting'
      readonly bytes: Buffer
      readonly intervalMs: number
      /** When patience ends. */
      readonly until: number
    }
  | { readonly kind: 'over' }

/** `ring`: the timer `2xx` rang. */
export type AnswerEvent = 'ack' | 'ring'

/** The 2xx `bytes` have just been sent. */
export function beginAnswer(bytes: Buffer, now: number): Step<AnswerState> {
  return [{ kind: 'waiting', bytes, intervalMs: t1, until: now + patience }, start('2xx', now + t1)]
}

/** What becomes of the 2xx, and what is to be done. */
export function stepAnswer(state: AnswerState, event: AnswerEvent, now: number): Step<AnswerState> {
  if (state.kind === 'over') return [state]
  if (event === 'ack') return [{ kind: 'over' }, stop('2xx'), terminated]
  if (now >= state.until) return [{ kind: 'over' }, timeout, terminated]
  const intervalMs = Math.min(2 * state.intervalMs, t2)
  const next = Math.min(now + intervalMs, state.until)
  return [{ ...state, intervalMs }, send(state.bytes), start('2xx', next)]
}
