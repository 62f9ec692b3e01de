import type { ConferenceEvent, Room } from './conference.ts'
import type { OwnCall, OwnCallNews } from './own-calls.ts'

/**
 * The agent's phone. `stage` is where the agent's work stands, `link` whether the door can be reached; the two are
 * apart because a call goes on while the link is down.
 */
export interface PhoneState {
  readonly stage: Stage
  readonly link: Link
  /** The agent's id; empty when signed out. */
  readonly agent: string
  /** False when the browser says that there is no network at all. */
  readonly network: boolean
  /** True while a refused registration is being answered with fresh credentials. */
  readonly renewing: boolean
}

/**
 *     signed-out → connecting → ready → joining → waiting ⇄ in-call
 *          ↑____________________↑_________________________|
 *
 * `note` says in a sentence what trouble brought the phone back to that stage; empty when it was the agent's wish.
 */
export type Stage =
  | { readonly kind: 'signed-out'; readonly note: string }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready'; readonly note: string }
  /** `placed`: an INVITE is on its way; otherwise it goes out as soon as the link is back. */
  | { readonly kind: 'joining'; readonly muted: boolean; readonly placed: boolean }
  | InConference

/** The agent's leg is up: alone with music, or with at least one other. */
export interface InConference {
  readonly kind: 'waiting' | 'in-call'
  readonly muted: boolean
  readonly room: Room
  /** The last call that the agent dialled. */
  readonly ownCall?: OwnCall
}

/** The way to the door. `attempt` counts the tries since it was last online. */
export type Link =
  | { readonly kind: 'closed' }
  | { readonly kind: 'online' }
  | { readonly kind: 'reconnecting'; readonly attempt: number }

/** What happened: to the agent's hands, to the link, to the call into the conference, to a call that the agent dials. */
export type PhoneEvent = AgentEvent | LinkEvent | CallEvent | OwnCallEvent

/** What the agent asked for. */
export type AgentEvent =
  | { readonly of: 'agent'; readonly kind: 'sign-in'; readonly agent: string }
  | { readonly of: 'agent'; readonly kind: 'start-shift' }
  | { readonly of: 'agent'; readonly kind: 'end-shift' }
  | { readonly of: 'agent'; readonly kind: 'toggle-mute' }
  | { readonly of: 'agent'; readonly kind: 'sign-out' }

/** What became of session, connection and registration. */
export type LinkEvent =
  | { readonly of: 'link'; readonly kind: 'session-granted' }
  | {
      readonly of: 'link'
      readonly kind: 'session-refused'
      readonly why: string
      /** True when asking again with the same words is useless. */
      readonly wrong: boolean
    }
  | { readonly of: 'link'; readonly kind: 'up' }
  | { readonly of: 'link'; readonly kind: 'down' }
  | { readonly of: 'link'; readonly kind: 'retry-due' }
  | { readonly of: 'link'; readonly kind: 'network'; readonly there: boolean }
  | { readonly of: 'link'; readonly kind: 'registered' }
  /** The binding was not refreshed in time. */
  | { readonly of: 'link'; readonly kind: 'registration-lost' }
  | { readonly of: 'link'; readonly kind: 'register-refused'; readonly status: number }

/** What became of the call. `why` is a sentence for the agent. */
export type CallEvent =
  /** The conference calls the agent; it is to be taken or refused. */
  | { readonly of: 'call'; readonly kind: 'called' }
  | { readonly of: 'call'; readonly kind: 'answered' }
  | { readonly of: 'call'; readonly kind: 'refused'; readonly why: string }
  | { readonly of: 'call'; readonly kind: 'ended'; readonly why: string }
  /** The door no longer knows the call that was to be taken to the new connection. */
  | { readonly of: 'call'; readonly kind: 'restart-refused' }
  | { readonly of: 'call'; readonly kind: 'conference'; readonly event: ConferenceEvent }

/** What the agent does to a call of its own, and what becomes of it. */
export type OwnCallEvent =
  | { readonly of: 'own-call'; readonly kind: 'dial'; readonly number: string; readonly reference: string }
  | { readonly of: 'own-call'; readonly kind: 'drop' }
  | { readonly of: 'own-call'; readonly kind: 'taken'; readonly reference: string; readonly id: string }
  | { readonly of: 'own-call'; readonly kind: 'refused'; readonly reference: string; readonly why: string }
  | { readonly of: 'own-call'; readonly kind: 'news'; readonly news: OwnCallNews }

/** What must be done next. */
export type Effect =
  | { readonly kind: 'request-session' }
  /** Opens the connection with the newest session, or takes its credentials over when it is open. */
  | { readonly kind: 'open-line' }
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'register' }
  | { readonly kind: 'dial'; readonly muted: boolean }
  /** Takes the call that came in, or refuses it. */
  | { readonly kind: 'take'; readonly muted: boolean }
  | { readonly kind: 'refuse' }
  /** Takes the call to the new connection, and finds a new path for its media if the old one is broken. */
  | { readonly kind: 'restart-media' }
  | { readonly kind: 'mute'; readonly on: boolean }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'order-call'; readonly number: string; readonly reference: string }
  | { readonly kind: 'drop-call'; readonly id: string }
  | { readonly kind: 'close-line' }
  /** Ends an earlier wait; `retry-due` follows after `ms`. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'stop-waiting' }

/** A state and what must be done on entering it. */
export type Step = readonly [PhoneState, ...Effect[]]

/** The phone before anybody signed in. */
export const signedOut: PhoneState = {
  stage: { kind: 'signed-out', note: '' },
  link: { kind: 'closed' },
  agent: '',
  network: true,
  renewing: false,
}

/** True when the agent's leg is up. */
export function isInConference(stage: Stage): stage is InConference {
  return stage.kind === 'waiting' || stage.kind === 'in-call'
}
