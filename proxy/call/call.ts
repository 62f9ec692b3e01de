/** The words of one call: what is fixed about it, where it is, what may happen to it and what follows. */
import type { HeaderLine } from '../../engine/message/message.ts'
import type { HealthOutcome } from '../../selector/domain/health.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { TrunkAccount } from '../../selector/domain/trunk.ts'
import type { Body, CallKind, Dialled, MediaExchange, MediaSide, Onward } from '../ports.ts'
import type { Move, MoveWord } from './move.ts'
import type { Reanchor } from './reanchor.ts'
import type { Referee, Referral } from './transfer/refer.ts'
import type { Loan, LoanWord } from './transfer/loan.ts'
import type { Transfer } from './transfer/transfer.ts'
import type { Verdict } from './verdict.ts'

/** The A leg is the one who called, the B leg the one whom the door called. */
export type LegName = 'a' | 'b'

/** What is known of a call from its first request on and never changes, but for the agent of a client that is handed to another one. */
export interface Call {
  readonly id: string
  readonly kind: CallKind
  /** In whose conference it is; empty when it is in none. */
  readonly agent: string
  /** The agent that consults that one, or a number. */
  readonly by?: string
  /** Of a call through a trunk. */
  readonly dialled?: Dialled
  /** By which trunk a call between two trunks goes on, and to which number. */
  readonly onward?: Onward
  /** The caller's INVITE: its transaction, and the dialog it will make. */
  readonly transaction: string
  readonly dialog: string
  /** What the two parties are to the media anchor. */
  readonly aSide: MediaSide
  readonly bSide: MediaSide
  /** The address that the caller's INVITE came from. */
  readonly source: string | undefined
  /** The caller's SDP; undefined when it leaves the offer to the other side (RFC 3261 §13.2.1). */
  readonly offer: string | undefined
  readonly target: Target
  /** The media server that calls; absent when the door calls one. */
  readonly caller?: MediaServer
  /** Media goes through an anchor, so that each side can be changed without the other. */
  readonly anchored: boolean
  /** How many places are asked at most, and how long each may take to say anything. */
  readonly attempts: number
  readonly tryMs: number
  /** How long a ringing place is waited for. */
  readonly ringMs: number
  /** How long an agent's call outlives its connection. */
  readonly flowGraceMs: number
  /** How long a client is kept with music whose agent was lost. */
  readonly holdMs: number
}

/** Where a call is to go. */
export type Target =
  /** To a media server that is to be chosen: an agent that enters its conference. */
  | { readonly kind: 'any-server' }
  /** To the first of these that takes it: the server where an agent waits, the peers of a trunk, the contacts of an agent. */
  | { readonly kind: 'places'; readonly places: readonly Place[] }

/** One place that an INVITE can be sent to. */
export type Place = ServerPlace | OutsidePlace

/** The agent's conference on a media server. */
export interface ServerPlace {
  readonly kind: 'server'
  readonly server: MediaServer
  /** How many other legs of that conference are asked there at the same time; absent: none. */
  readonly company?: number
}

/** A peer of a trunk, or a contact of an agent. */
export interface OutsidePlace {
  readonly kind: 'outside'
  /** The name by which it is remembered. */
  readonly id: string
  readonly uri: string
  /** Where to send it instead of the host of `uri`. */
  readonly nextHop?: string
  /** The agent's connection to send it over. */
  readonly flow?: string
  /** With what a challenge of a peer is answered. */
  readonly account?: TrunkAccount
  /** From, To, and whatever else this place is to be told of the caller. */
  readonly headers: readonly HeaderLine[]
}

/** Somebody who talks to the agent already, in another call: a client is brought there without an INVITE of its own. */
export interface TalkPlace {
  readonly kind: 'talk'
  /** The dialog of that talk, and the last SDP that was told in it. */
  readonly dialog: string
  readonly told: string
}

/** One try to reach a place. */
export interface Attempt {
  readonly place: Place
  /** Its INVITE; also the tag of the B leg's media, and for the first answer the name of the anchored media. */
  readonly branch: string
  /** Ids of all places that were tried, this one included. */
  readonly tried: readonly string[]
  /** Its agent was moved for this call already. */
  readonly rehomed: boolean
}

/** Where a call is. Every state carries what is known in it. */
export type CallState = Setup | Up | { readonly kind: 'over'; readonly verdict: Verdict }

/** The states before both legs are up. */
export type Setup =
  /** A place is being chosen, or the agent of a client leg is being moved to a server that works. */
  | { readonly kind: 'placing'; readonly tried: readonly string[]; readonly rehomed: boolean }
  /** The media anchor makes the offer for the place. */
  | ({ readonly kind: 'offering' } & Attempt)
  | Trying
  | Answering
  | Late

/** The place was asked by the INVITE `branch`. */
export interface Trying extends Attempt {
  readonly kind: 'trying'
  readonly ringing: boolean
  /** The last provisional status that the caller was told; 0: none. */
  readonly told: number
  /** What the place was offered; undefined when the caller made no offer. */
  readonly offered: string | undefined
  /** What the place last answered before it accepted (early media), and what the caller was told of it. */
  readonly early?: string
  readonly earlyTold?: string
  /** The early dialog with the place, once it has answered reliably (RFC 3262). */
  readonly dialog?: string
  /** Where the two sides stand since one of them has offered again. */
  readonly session?: Up
}

/** The place accepted; the media anchor makes the answer for the caller. */
export interface Answering extends Attempt {
  readonly kind: 'answering'
  readonly dialog: string
  /** What the place was offered, and what it answered. */
  readonly offered: string
  readonly answered: string
}

/** The place accepted an INVITE without an offer: its offer goes to the caller, whose answer comes in the ACK. */
export interface Late extends Attempt {
  readonly kind: 'late'
  /** The media anchor makes the offer for the caller; the caller has it; the media anchor makes the answer. */
  readonly stage: 'offering' | 'waiting' | 'answering'
  readonly dialog: string
  /** The offer of the place, as it came and as the caller was told. */
  readonly offer: string
  readonly told: string
  /** The caller's answer. */
  readonly answer: string
}

/** Both legs are up. */
export interface Up {
  readonly kind: 'up'
  /** The media server of the inner leg; undefined when both legs are with trunks. */
  readonly server: MediaServer | undefined
  /** The name of the anchored media. */
  readonly media: string
  readonly legs: Readonly<Record<LegName, Leg>>
  /** Requests on their way from one leg to the other. */
  readonly relays: readonly Relay[]
  /** How many INVITEs this call has sent, so that each gets a name of its own. */
  readonly sent: number
  /** Present while the inner leg is being moved to another media server. */
  readonly move: Move | undefined
  /** Present while the media is brought to another anchor. */
  readonly anchor: Reanchor | undefined
  /** Dialogs that were given up by moves; their servers may still speak in them. */
  readonly former: readonly string[]
  /** Legs on servers that were lost: what they hold is given back when nothing more urgent is to be done. */
  readonly untidy: readonly Pick<Leg, 'dialog' | 'tag'>[]
  /** Present while an agent's REFER is carried out. */
  readonly transfer: Transfer | undefined
  /** Present while the number that an agent talks to is on its way into the call of its client. */
  readonly loan: Loan | undefined
}

/** One side of a call that is up. */
export interface Leg {
  readonly dialog: string
  /** Its name in the anchored media. */
  readonly tag: string
  /** The last SDP that it sent, and the last it was sent. */
  readonly heard: string
  readonly told: string
}

/** One in-dialog request that is being passed on. */
export interface Relay {
  /** The transaction it came in. */
  readonly transaction: string
  readonly from: LegName
  readonly method: string
  /** The other leg is asked by UPDATE, because the call is not up yet. */
  readonly isEarly?: true
  /**
   * An offer goes through the media anchor, then to the other leg, and its answer back; `renewing`: only the anchor is asked.
   * The `late` stages are those of a re-INVITE without an offer: ours is made, waits for the answer in the ACK, and is answered.
   */
  readonly stage:
    'offering' | 'asking' | 'answering' | 'renewing' | 'late-offering' | 'late-waiting' | 'late-answering'
  /** What the leg that asked has said. */
  readonly sdp: string
  /** What the anchor made of it for the other leg. */
  readonly made: string
}

/** What may happen to a call. */
export type CallEvent =
  | { readonly kind: 'began' }
  | { readonly kind: 'placed'; readonly server: MediaServer }
  | { readonly kind: 'not-placed'; readonly retryAfterSec: number }
  /** The media anchor is done with the exchange that `key` names. */
  | { readonly kind: 'media-offered'; readonly key: string; readonly sdp: string }
  | { readonly kind: 'media-answered'; readonly key: string; readonly sdp: string }
  /** The media anchor could not; `isRefused`: the description itself cannot be used. */
  | { readonly kind: 'media-failed'; readonly key: string; readonly isRefused?: boolean }
  | {
      readonly kind: 'response'
      readonly transaction: string
      readonly status: number
      readonly local: boolean
      readonly dialog?: string | undefined
      readonly body?: Body | undefined
    }
  | {
      readonly kind: 'request'
      readonly leg: LegName
      readonly dialog: string
      readonly transaction: string
      readonly method: string
      readonly headers: readonly HeaderLine[]
      readonly body?: Body | undefined
      /** Of a REFER. */
      readonly referral?: Referral | undefined
    }
  /** A leg acknowledged our 2xx. */
  | { readonly kind: 'acked'; readonly leg: LegName; readonly body?: Body | undefined }
  | { readonly kind: 'cancelled' }
  /** A re-INVITE was cancelled by the leg that sent it. */
  | { readonly kind: 'relay-cancelled'; readonly transaction: string }
  | { readonly kind: 'dialog-ended'; readonly leg: LegName; readonly dialog: string }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** The agent's connection closed, or the agent was heard again on another one. */
  | { readonly kind: 'flow-closed' }
  | { readonly kind: 'flow-back' }
  /** The media of that name is anchored nowhere any more. */
  | { readonly kind: 'media-lost'; readonly media: string }
  /** The media server is dead, and the call cannot be moved away from it. */
  | { readonly kind: 'server-lost' }
  | { readonly kind: 'hang-up' }
  /** The agent has entered its conference by a newer call, or whom it talked about is with the other agent now. */
  | { readonly kind: 'replaced' }
  /** The agent is to be told something, in a MESSAGE of that name. */
  | { readonly kind: 'tell'; readonly transaction: string; readonly body: Body }
  /** The inner leg is to go to `place`; `isLost`: the server where it is now is dead. */
  | { readonly kind: 'move'; readonly place: Place | TalkPlace; readonly isLost: boolean }
  /** Whom the agent talks to has accepted the offer of this call. */
  | { readonly kind: 'accepted'; readonly sdp: string }
  /** The B leg is to be offered this of another call, is to be offered the media of this one again, is a leg of the other one now. */
  | { readonly kind: 'lend'; readonly sdp: string }
  | { readonly kind: 'take-back' }
  | { readonly kind: 'given' }
  /** The new leg is to take the place of the old one, or to be given up. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'stay' }
  /** What the agent wanted of its clients is done, or was refused. */
  | { readonly kind: 'transferred'; readonly status: number }

export type TimerName = 'try' | 'ring' | 'flow' | 'move' | 'tidy' | 'anchor' | 'loan'

/** What follows from an event; data, so that a test can compare it and a log can print it. */
export type Effect =
  | { readonly kind: 'place'; readonly exclude: readonly string[] }
  /** The agent is to be moved away from `server`, so that this call can follow it. */
  | { readonly kind: 'rehome'; readonly server: string }
  | { readonly kind: 'release' }
  | { readonly kind: MediaVerb; readonly key: string; readonly exchange: MediaExchange }
  | { readonly kind: 'drop-media'; readonly media: string; readonly tag: string }
  | { readonly kind: 'end-media'; readonly media: string }
  | { readonly kind: 'dial'; readonly place: Place; readonly branch: string; readonly sdp?: string }
  | {
      readonly kind: 'respond'
      readonly transaction: string
      readonly status: number
      readonly body?: Body
      readonly headers?: readonly HeaderLine[]
    }
  | {
      readonly kind: 'ask'
      readonly leg: LegName
      readonly dialog: string
      readonly transaction: string
      readonly method: string
      readonly headers: readonly HeaderLine[]
      readonly body?: Body
    }
  | { readonly kind: 'cancel'; readonly branch: string }
  | { readonly kind: 'ack'; readonly dialog: string; readonly body?: Body }
  /** `reason`: the Reason header (RFC 3326). */
  | { readonly kind: 'bye'; readonly dialog: string; readonly reason?: string }
  | { readonly kind: 'start-timer'; readonly timer: TimerName; readonly ms: number }
  | { readonly kind: 'stop-timer'; readonly timer: TimerName }
  /** The agent waits on `server` from now on. */
  | { readonly kind: 'settle'; readonly server: string }
  /** The agent waits there no more; `isLost`: it may come back to its clients. */
  | { readonly kind: 'leave'; readonly isLost: boolean }
  /** What an INVITE told about the health of the place that it went to. */
  | { readonly kind: 'judge'; readonly place: Place | TalkPlace; readonly outcome: HealthOutcome }
  | ({ readonly kind: 'move-told' } & MoveWord)
  | { readonly kind: 'loan-told'; readonly word: LoanWord }
  /** The clients of the agent are to go to another one, or its client to a number. */
  | { readonly kind: 'transfer'; readonly to: Referee }
  | { readonly kind: 'record'; readonly verdict: Verdict; readonly status: number }

/** What the media anchor is asked for: an offer for a new party, an offer or an answer between known ones. */
export type MediaVerb = 'invite' | 'offer' | 'answer'

/** A state and what follows. */
export type Step = readonly [CallState, ...Effect[]]
