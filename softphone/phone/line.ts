import type { CallEvent, LinkEvent, OwnCallEvent } from './phone-state.ts'
import type { Session } from './session.ts'

/**
 * The SIP side of the phone: one connection, one registration, at most one call. Orders return at once; what came of
 * them is told as events. Events of a call that was hung up or replaced are never told.
 */
export interface Line {
  /** Connects with `session`; when it is open already, uses its credentials from now on. `up` or `down` follows. */
  open(session: Session): void
  /** `up` or `down` follows, also when it is connected. */
  reconnect(): void
  /** `registered` or `register-refused` follows, unless the connection goes down. */
  register(): void
  /** Calls the agent's conference. `answered`, `refused` or `ended` follows, unless it is hung up. */
  dial(order: { readonly muted: boolean }): void
  /** Takes the call that `called` told of; `answered`, `refused` or `ended` follows, unless it is hung up. */
  take(order: { readonly muted: boolean }): void
  /** Refuses it. */
  refuse(): void
  /** Renews the media path of the call. Only a failure is told: `restart-refused`. */
  restartMedia(): void
  mute(on: boolean): void
  /** Sends a digit of a telephone's keypad (RFC 4733) in the call. */
  press(digit: string): void
  /** Ends the call, if there is one. */
  hangUp(): void
  /** Unregisters and disconnects; nothing is told any more until `open`. */
  close(): void
}

/** What a line tells. */
export type LineEvent =
  | CallEvent
  | Extract<OwnCallEvent, { readonly kind: 'news' }>
  | Extract<
      LinkEvent,
      { readonly kind: 'up' | 'down' | 'registered' | 'registration-lost' | 'register-refused' }
    >
