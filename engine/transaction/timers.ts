/** Estimate of the round trip (RFC 3261 §17.1.1.1), ms. */
export const t1 = 500

/** The longest pause between retransmissions of anything but an INVITE, ms. */
export const t2 = 4000

/** How long a message may stay in the network, ms. */
export const t4 = 5000

/** 64·T1: timers B, F, H, J, L and M, and the patience for the ACK of a 2xx, ms. */
export const patience = 64 * t1

/** Timer D over UDP: how long retransmissions of a refusal may still come (§17.1.1.2), ms. */
export const timerD = 32_000

/**
 * The timers of a transaction by the letters of RFC 3261 table 4 and RFC 6026. `C` bounds the ringing of our INVITE (§16.6),
 * `trying` delays the 100 (§17.2.1), `user` bounds the wait for our own application, `unreachable` reports later what failed
 * while an order was being carried out, `2xx` paces an answer that waits for its ACK, `1xx` a reliable provisional response
 * that waits for its PRACK, `race` ends a call that was answered while it was being cancelled, `session` is the timer of
 * RFC 4028, `subscription` ends a dialog that nobody has subscribed in again.
 */
export type TimerName =
  | ('A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M')
  | ('trying' | 'user' | 'unreachable' | '2xx' | '1xx' | 'race' | 'session' | 'subscription')

/** How long an INVITE may wait for people and for our own application, ms. */
export interface InviteLimits {
  /** Before 100 Trying is sent, when nothing else was (§17.2.1: 200); 0 sends it at once. */
  readonly tryingMs: number
  /** For the first response of the application. */
  readonly answerMs: number
  /** Between one provisional response and the next one or the final one. */
  readonly ringMs: number
}
