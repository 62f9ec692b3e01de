import type { TimerName } from './timers.ts'

/** What the owner of a transaction must do after a step; timers are set to a moment of the clock that gave `now`. */
export type Effect =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'start'; readonly timer: TimerName; readonly at: number }
  | { readonly kind: 'stop'; readonly timer: TimerName }
  /** Give the message of the event to the transaction user. */
  | { readonly kind: 'deliver' }
  /** No final response came (client), or our own application gave none (server). */
  | { readonly kind: 'timeout' }
  /** The request did not leave. */
  | { readonly kind: 'unreachable' }
  /** Send 100 Trying. */
  | { readonly kind: 'trying' }
  /** Send the ACK of the refusal in the event. */
  | { readonly kind: 'acknowledge' }
  /** It rings for too long: cancel it. */
  | { readonly kind: 'expire' }
  /** The transaction is over; nothing follows. */
  | { readonly kind: 'terminated' }

/** The next state, then what to do in this order. */
export type Step<State> = readonly [State, ...Effect[]]

/** Sends `bytes` once more or for the first time. */
export function send(bytes: Buffer): Effect {
  return { kind: 'send', bytes }
}

/** Sets `timer`; it rings when the clock shows `at`. */
export function start(timer: TimerName, at: number): Effect {
  return { kind: 'start', timer, at }
}

/** Takes `timer` back; a timer that does not run is no error. */
export function stop(timer: TimerName): Effect {
  return { kind: 'stop', timer }
}

/** The effects that carry nothing. */
export const deliver: Effect = { kind: 'deliver' }
export const timeout: Effect = { kind: 'timeout' }
export const unreachable: Effect = { kind: 'unreachable' }
export const trying: Effect = { kind: 'trying' }
export const acknowledge: Effect = { kind: 'acknowledge' }
export const expire: Effect = { kind: 'expire' }
export const terminated: Effect = { kind: 'terminated' }
