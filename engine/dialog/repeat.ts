import { send, start, stop, terminated, timeout, type Step } from '../transaction/effects.ts'
import { patience, t1, t2 } from '../transaction/timers.ts'

/** How a response is repeated until the peer acknowledges it. */
export interface Repetition {
  readonly timer: '2xx' | '1xx'
  /** The pause between copies doubles up to this. */
  readonly longestMs: number
}

/** A 2xx to an INVITE until its ACK (RFC 3261 §13.3.1.4); over every transport, because a hop behind may lose it. */
export const untilAck: Repetition = { timer: '2xx', longestMs: t2 }

/** A reliable provisional response until its PRACK (RFC 3262 §3). */
export const untilPrack: Repetition = { timer: '1xx', longestMs: Infinity }

/**
 * A response that waits to be acknowledged.
 *
 *     sent ─→ waiting ──acknowledged──→ over
 *              copy↺ at T1, doubling
 *               └──64·T1──→ over (timeout)
 */
export type RepeatState =
  | {
      readonly kind: 'waiting'
      readonly repetition: Repetition
      readonly bytes: Buffer
      readonly intervalMs: number
      /** When patience ends. */
      readonly until: number
    }
  | { readonly kind: 'over' }

/** `ring`: its timer rang. */
export type RepeatEvent = 'acknowledged' | 'ring'

/** The response `bytes` has just been sent. */
export function beginRepeat(bytes: Buffer, repetition: Repetition, now: number): Step<RepeatState> {
  const state = { kind: 'waiting', repetition, bytes, intervalMs: t1, until: now + patience } as const
  return [state, start(repetition.timer, now + t1)]
}

/** What becomes of the response, and what is to be done. */
export function stepRepeat(state: RepeatState, event: RepeatEvent, now: number): Step<RepeatState> {
  if (state.kind === 'over') return [state]
  const { timer, longestMs } = state.repetition
  if (event === 'acknowledged') return [{ kind: 'over' }, stop(timer), terminated]
  if (now >= state.until) return [{ kind: 'over' }, timeout, terminated]
  const intervalMs = Math.min(2 * state.intervalMs, longestMs)
  const next = Math.min(now + intervalMs, state.until)
  return [{ ...state, intervalMs }, send(state.bytes), start(timer, next)]
}
