import {
  acknowledge,
  deliver,
  expire,
  send,
  start,
  stop,
  terminated,
  timeout,
  unreachable,
  type Step,
} from './effects.ts'
import { patience, t1, timerD, type TimerName } from './timers.ts'

/**
 * The client side of an INVITE: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
 *
 *     INVITE ─→ calling ──1xx──→ proceeding ──2xx──→ accepted ──timer M──→ terminated
 *                 timer A↺          1xx↺               2xx↺ delivered
 *                 │                  └─300…699 + ACK─→ completed ──timer D──→ terminated
 *                 │                                      300…699↺ + ACK
 *                 └─ 2xx, 300…699 as in proceeding; timer B, not sent ─→ terminated
 *
 * Timer C (§16.6) bounds the ringing: it asks for a CANCEL, after which timer B bounds the wait for the final response
 * (§9.1). Over a reliable transport there is no timer A, and timer D is 0.
 */
export type InviteClientState =
  | {
      readonly kind: 'calling'
      readonly reliable: boolean
      readonly ringMs: number
      readonly bytes: Buffer
      readonly intervalMs: number
    }
  | {
      readonly kind: 'proceeding'
      readonly reliable: boolean
      readonly ringMs: number
      readonly cancelled: boolean
    }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'terminated' }

/** `cancelled`: a CANCEL has just left. `unreachable`: the transport could not send. */
export type InviteClientEvent =
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'timer'; readonly timer: TimerName }

/** The transaction of an INVITE that is to be sent as `bytes`. */
export function beginInviteClient(
  bytes: Buffer,
  reliable: boolean,
  ringMs: number,
  now: number,
): Step<InviteClientState> {
  const state = { kind: 'calling', reliable, ringMs, bytes, intervalMs: t1 } as const
  const timerB = start('B', now + patience)
  return reliable ? [state, timerB, send(bytes)] : [state, timerB, start('A', now + t1), send(bytes)]
}

/** What becomes of the transaction, and what is to be done. */
export function stepInviteClient(
  state: InviteClientState,
  event: InviteClientEvent,
  now: number,
): Step<InviteClientState> {
  switch (state.kind) {
    case 'calling':
      return calling(state, event, now)
    case 'proceeding':
      return proceeding(state, event, now)
    case 'accepted':
      if (event.kind === 'response' && event.status >= 200 && event.status < 300) return [state, deliver]
      return hasEnded(event, 'M') ? [{ kind: 'terminated' }, stop('M'), terminated] : [state]
    case 'completed':
      if (event.kind === 'response' && event.status >= 300) return [state, acknowledge]
      return hasEnded(event, 'D') ? [{ kind: 'terminated' }, stop('D'), terminated] : [state]
    case 'terminated':
      return [state]
  }
}

type Calling = InviteClientState & { kind: 'calling' }
type Proceeding = InviteClientState & { kind: 'proceeding' }

function calling(state: Calling, event: InviteClientEvent, now: number): Step<InviteClientState> {
  switch (event.kind) {
    case 'response': {
      if (event.status >= 200) return final(state, event.status, now)
      const { reliable, ringMs } = state
      const next = { kind: 'proceeding', reliable, ringMs, cancelled: false } as const
      return [next, stop('A'), stop('B'), start('C', now + ringMs), deliver]
    }
    case 'cancelled':
      return [state]
    case 'unreachable':
      return [{ kind: 'terminated' }, stop('A'), stop('B'), unreachable, terminated]
    case 'timer': {
      if (event.timer === 'B') return [{ kind: 'terminated' }, stop('A'), timeout, terminated]
      if (event.timer !== 'A') return [state]
      const intervalMs = 2 * state.intervalMs
      return [{ ...state, intervalMs }, send(state.bytes), start('A', now + intervalMs)]
    }
  }
}

function proceeding(state: Proceeding, event: InviteClientEvent, now: number): Step<InviteClientState> {
  switch (event.kind) {
    case 'response':
      if (event.status >= 200) return final(state, event.status, now)
      return state.cancelled ? [state, deliver] : [state, start('C', now + state.ringMs), deliver]
    case 'cancelled':
      return state.cancelled
        ? [state]
        : [{ ...state, cancelled: true }, stop('C'), start('B', now + patience)]
    case 'unreachable':
      return [{ kind: 'terminated' }, stop('B'), stop('C'), unreachable, terminated]
    case 'timer':
      if (event.timer === 'C') return [state, expire]
      return event.timer === 'B' ? [{ kind: 'terminated' }, timeout, terminated] : [state]
  }
}

function final(state: Calling | Proceeding, status: number, now: number): Step<InviteClientState> {
  if (status < 300) {
    return [{ kind: 'accepted' }, stop('A'), stop('B'), stop('C'), start('M', now + patience), deliver]
  }
  // Timer D is 0 where nothing is retransmitted.
  if (state.reliable) {
    return [{ kind: 'terminated' }, stop('B'), stop('C'), acknowledge, deliver, terminated]
  }
  const timers = [stop('A'), stop('B'), stop('C'), start('D', now + timerD)]
  return [{ kind: 'completed' }, ...timers, acknowledge, deliver]
}

function hasEnded(event: InviteClientEvent, timer: TimerName): boolean {
  return event.kind === 'unreachable' || (event.kind === 'timer' && event.timer === timer)
}
