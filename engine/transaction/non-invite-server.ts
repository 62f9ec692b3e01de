import { send, start, stop, terminated, type Step } from './effects.ts'
import { again, keep, type Kept } from './kept.ts'
import { patience, type TimerName } from './timers.ts'

/**
 * The server side of any request but INVITE and ACK: RFC 3261 §17.2.2.
 *
 *     request ─→ trying ──1xx──→ proceeding ──200…699──→ completed ──timer J──→ terminated
 *                  │               request↺ 1xx            request↺ resent
 *                  └──────────200…699──────────────────↗
 *
 * Over a reliable transport timer J is 0. A request that our application leaves unanswered for 64·T1 is forgotten without a
 * word: its sender has given up by then, and a 408 would only do harm (RFC 4320 §4.2).
 */
export type NonInviteServerState =
  | { readonly kind: 'trying'; readonly reliable: boolean }
  | { readonly kind: 'proceeding'; readonly reliable: boolean; readonly last: Buffer }
  | { readonly kind: 'completed'; readonly last: Kept }
  | { readonly kind: 'terminated' }

/** `request` is a retransmission; `respond` comes from the transaction user. */
export type NonInviteServerEvent =
  | { readonly kind: 'request' }
  | { readonly kind: 'respond'; readonly status: number; readonly bytes: Buffer }
  | { readonly kind: 'timer'; readonly timer: TimerName }

/** The transaction of a request that has just arrived. */
export function beginNonInviteServer(reliable: boolean, now: number): Step<NonInviteServerState> {
  return [{ kind: 'trying', reliable }, start('user', now + patience)]
}

/** What becomes of the transaction, and what is to be done. */
export function stepNonInviteServer(
  state: NonInviteServerState,
  event: NonInviteServerEvent,
  now: number,
): Step<NonInviteServerState> {
  switch (state.kind) {
    case 'trying':
    case 'proceeding':
      return open(state, event, now)
    case 'completed':
      if (event.kind === 'request') return [state, send(again(state.last))]
      return event.kind === 'timer' && event.timer === 'J' ? over : [state]
    case 'terminated':
      return [state]
  }
}

function open(
  state: NonInviteServerState & { kind: 'trying' | 'proceeding' },
  event: NonInviteServerEvent,
  now: number,
): Step<NonInviteServerState> {
  switch (event.kind) {
    case 'request':
      return state.kind === 'proceeding' ? [state, send(state.last)] : [state]
    case 'respond': {
      const { reliable } = state
      if (event.status < 200) return [{ kind: 'proceeding', reliable, last: event.bytes }, send(event.bytes)]
      if (reliable) return [{ kind: 'terminated' }, stop('user'), send(event.bytes), terminated]
      const next = { kind: 'completed', last: keep(event.bytes) } as const
      return [next, stop('user'), send(event.bytes), start('J', now + patience)]
    }
    case 'timer':
      return event.timer === 'user' ? over : [state]
  }
}

const over: Step<NonInviteServerState> = [{ kind: 'terminated' }, terminated]
