import { deliver, send, start, stop, terminated, timeout, unreachable, type Step } from './effects.ts'
import { patience, t1, t2, t4, type TimerName } from './timers.ts'

/**
 * The client side of any request but INVITE and ACK: RFC 3261 §17.1.2.
 *
 *     request ─→ trying ──1xx──→ proceeding ──200…699──→ completed ──timer K──→ terminated
 *                timer E↺          timer E↺, 1xx↺          copies↺ absorbed
 *                  └──────────200…699──────────────────↗
 *                timer F or not sent, from trying and proceeding ────────────→ terminated
 *
 * Over a reliable transport there is no timer E, and timer K is 0.
 */
export type NonInviteClientState =
  | {
      readonly kind: 'trying' | 'proceeding'
      readonly reliable: boolean
      readonly bytes: Buffer
      readonly intervalMs: number
    }
  | { readonly kind: 'completed' }
  | { readonly kind: 'terminated' }

/** `unreachable`: the transport could not send. */
export type NonInviteClientEvent =
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'timer'; readonly timer: TimerName }

/** The transaction of a request that is to be sent as `bytes`. */
export function beginNonInviteClient(
  bytes: Buffer,
  reliable: boolean,
  now: number,
): Step<NonInviteClientState> {
  const state = { kind: 'trying', reliable, bytes, intervalMs: t1 } as const
  const timerF = start('F', now + patience)
  return reliable ? [state, timerF, send(bytes)] : [state, timerF, start('E', now + t1), send(bytes)]
}

/** What becomes of the transaction, and what is to be done. */
export function stepNonInviteClient(
  state: NonInviteClientState,
  event: NonInviteClientEvent,
  now: number,
): Step<NonInviteClientState> {
  switch (state.kind) {
    case 'trying':
    case 'proceeding':
      return open(state, event, now)
    case 'completed':
      return event.kind === 'unreachable' || (event.kind === 'timer' && event.timer === 'K')
        ? [{ kind: 'terminated' }, stop('K'), terminated]
        : [state]
    case 'terminated':
      return [state]
  }
}

type Open = NonInviteClientState & { kind: 'trying' | 'proceeding' }

function open(state: Open, event: NonInviteClientEvent, now: number): Step<NonInviteClientState> {
  switch (event.kind) {
    case 'response':
      if (event.status < 200) return [{ ...state, kind: 'proceeding' }, deliver]
      return state.reliable
        ? [{ kind: 'terminated' }, stop('F'), deliver, terminated]
        : [{ kind: 'completed' }, stop('E'), stop('F'), start('K', now + t4), deliver]
    case 'unreachable':
      return [{ kind: 'terminated' }, stop('E'), stop('F'), unreachable, terminated]
    case 'timer':
      return rang(state, event.timer, now)
  }
}

function rang(state: Open, timer: TimerName, now: number): Step<NonInviteClientState> {
  if (timer === 'F') return [{ kind: 'terminated' }, stop('E'), timeout, terminated]
  if (timer !== 'E') return [state]
  // §17.1.2.2: in proceeding the interval is T2 whatever it was.
  const intervalMs = state.kind === 'proceeding' ? t2 : Math.min(2 * state.intervalMs, t2)
  return [{ ...state, intervalMs }, send(state.bytes), start('E', now + intervalMs)]
}
