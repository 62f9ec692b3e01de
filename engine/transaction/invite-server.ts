import { deliver, send, start, stop, terminated, timeout, trying, type Step } from './effects.ts'
import { again, keep, type Kept } from './kept.ts'
import { patience, t1, t2, t4, type InviteLimits, type TimerName } from './timers.ts'

/**
 * The server side of an INVITE: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
 *
 *     INVITE ─→ proceeding ──2xx──→ accepted ──timer L──→ terminated
 *                 │  │1xx↺            ACK↺ delivered, INVITE↺ absorbed
 *                 └─300…699─→ completed ──ACK──→ confirmed ──timer I──→ terminated
 *                               timer G↺, INVITE↺ resent; timer H ──────→ terminated
 *
 * Over a reliable transport there is no timer G, and timer I is 0.
 */
export type InviteServerState =
  | {
      readonly kind: 'proceeding'
      readonly reliable: boolean
      readonly limits: InviteLimits
      /** The last provisional response. */
      readonly last?: Buffer
    }
  | {
      readonly kind: 'completed'
      readonly reliable: boolean
      readonly last: Kept
      readonly intervalMs: number
    }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'terminated' }

/** `request` is a retransmission of the INVITE; `respond` comes from the transaction user. */
export type InviteServerEvent =
  | { readonly kind: 'request' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'respond'; readonly status: number; readonly bytes: Buffer }
  | { readonly kind: 'timer'; readonly timer: TimerName }

/** The transaction of an INVITE that has just arrived. */
export function beginInviteServer(
  reliable: boolean,
  limits: InviteLimits,
  now: number,
): Step<InviteServerState> {
  const state: InviteServerState = { kind: 'proceeding', reliable, limits }
  const patient = start('user', now + limits.answerMs)
  return limits.tryingMs === 0
    ? [state, patient, trying]
    : [state, patient, start('trying', now + limits.tryingMs)]
}

/** What becomes of the transaction, and what is to be done. */
export function stepInviteServer(
  state: InviteServerState,
  event: InviteServerEvent,
  now: number,
): Step<InviteServerState> {
  switch (state.kind) {
    case 'proceeding':
      return proceeding(state, event, now)
    case 'completed':
      return completed(state, event, now)
    case 'accepted':
      return accepted(state, event)
    case 'confirmed':
      return event.kind === 'timer' && event.timer === 'I' ? over : [state]
    case 'terminated':
      return [state]
  }
}

function proceeding(
  state: InviteServerState & { kind: 'proceeding' },
  event: InviteServerEvent,
  now: number,
): Step<InviteServerState> {
  switch (event.kind) {
    case 'request':
      return state.last ? [state, send(state.last)] : [state]
    case 'ack':
      return [state]
    case 'respond':
      return event.status < 200 ? progress(state, event, now) : answer(state, event, now)
    case 'timer':
      if (event.timer === 'trying') return [state, trying]
      return event.timer === 'user' ? [state, timeout] : [state]
  }
}

type Proceeding = InviteServerState & { kind: 'proceeding' }
type Respond = InviteServerEvent & { kind: 'respond' }

function progress(state: Proceeding, { status, bytes }: Respond, now: number): Step<InviteServerState> {
  const { kind, reliable, limits } = state
  const next = { kind, reliable, limits, last: bytes }
  // 100 Trying may be the engine's own, so it says nothing about the application.
  if (status === 100) return [next, stop('trying'), send(bytes)]
  return [next, stop('trying'), send(bytes), start('user', now + state.limits.ringMs)]
}

function answer(state: Proceeding, { status, bytes }: Respond, now: number): Step<InviteServerState> {
  if (status < 300) {
    return [{ kind: 'accepted' }, stop('trying'), stop('user'), send(bytes), start('L', now + patience)]
  }
  const next = { kind: 'completed', reliable: state.reliable, last: keep(bytes), intervalMs: t1 } as const
  const timerH = start('H', now + patience)
  return state.reliable
    ? [next, stop('trying'), stop('user'), send(bytes), timerH]
    : [next, stop('trying'), stop('user'), send(bytes), timerH, start('G', now + t1)]
}

function completed(
  state: InviteServerState & { kind: 'completed' },
  event: InviteServerEvent,
  now: number,
): Step<InviteServerState> {
  switch (event.kind) {
    case 'request':
      return [state, send(again(state.last))]
    case 'ack':
      if (state.reliable) return [{ kind: 'terminated' }, stop('H'), terminated]
      return [{ kind: 'confirmed' }, stop('G'), stop('H'), start('I', now + t4)]
    case 'respond':
      return [state]
    case 'timer': {
      if (event.timer === 'H') return [{ kind: 'terminated' }, stop('G'), terminated]
      if (event.timer !== 'G') return [state]
      const intervalMs = Math.min(2 * state.intervalMs, t2)
      return [{ ...state, intervalMs }, send(again(state.last)), start('G', now + intervalMs)]
    }
  }
}

/** RFC 6026 §7.1: the 2xx belongs to the transaction user, who repeats it; copies of the INVITE end here. */
function accepted(
  state: InviteServerState & { kind: 'accepted' },
  event: InviteServerEvent,
): Step<InviteServerState> {
  switch (event.kind) {
    case 'request':
      return [state]
    case 'ack':
      return [state, deliver]
    case 'respond':
      return event.status >= 200 && event.status < 300 ? [state, send(event.bytes)] : [state]
    case 'timer':
      return event.timer === 'L' ? over : [state]
  }
}

const over: Step<InviteServerState> = [{ kind: 'terminated' }, terminated]
