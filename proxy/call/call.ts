/** The words of one call: what is fixed about it, where it is, what may happen to it and what follows. */
import type { HeaderLine } from '../../engine/message/message.ts'
import type { HealthOutcome } from '../../selector/domain/health.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Body, MediaSide } from '../ports.ts'
import type { Verdict } from './verdict.ts'

/** The A leg is the one who called, the B leg the media server. */
export type LegName = 'a' | 'b'

/** What is known of a call from its first request on and never changes. */
export interface Call {
  readonly id: string
  readonly kind: 'agent' | 'client'
  readonly agent: string
  readonly trunk?: string
  /** The caller's INVITE: its transaction, and the dialog it will make. */
  readonly transaction: string
  readonly dialog: string
  readonly aSide: MediaSide
  /** The caller's SDP. */
  readonly offer: string
  /** The media server of a client leg: where its agent waits. */
  readonly server?: MediaServer
  /** How many media servers are asked at most, and how long each may take. */
  readonly attempts: number
  readonly tryMs: number
  /** How long a ringing media server is waited for. */
  readonly ringMs: number
  /** How long an agent's call outlives its connection. */
  readonly flowGraceMs: number
}

/** Where a call is. Every state carries what is known in it, and nothing optional. */
export type CallState =
  /** A media server is being chosen. */
  | { readonly kind: 'placing'; readonly tried: readonly string[] }
  /** The media anchor makes the offer for `server`. */
  | { readonly kind: 'offering'; readonly server: MediaServer; readonly tried: readonly string[] }
  /** `server` was asked by the INVITE `branch`. */
  | {
      readonly kind: 'trying'
      readonly server: MediaServer
      readonly tried: readonly string[]
      readonly branch: string
      readonly ringing: boolean
      /** What `server` was offered. */
      readonly offered: string
    }
  /** `server` accepted; the media anchor makes the answer for the caller. */
  | {
      readonly kind: 'answering'
      readonly server: MediaServer
      readonly branch: string
      readonly dialog: string
      readonly offered: string
      /** What `server` answered. */
      readonly answered: string
    }
  | Up
  | { readonly kind: 'over'; readonly verdict: Verdict }

/** Both legs are up. */
export interface Up {
  readonly kind: 'up'
  readonly server: MediaServer
  /** The INVITE that `server` accepted; also the name of the anchored media. */
  readonly branch: string
  readonly dialogs: Readonly<Record<LegName, string>>
  /** The last SDP that each leg sent, and the last it was sent. */
  readonly heard: Readonly<Record<LegName, string>>
  readonly told: Readonly<Record<LegName, string>>
  /** Requests on their way from one leg to the other. */
  readonly relays: readonly Relay[]
}

/** One in-dialog request that is being passed on. */
export interface Relay {
  /** The transaction it came in. */
  readonly transaction: string
  readonly from: LegName
  readonly method: string
  /** An INVITE's offer goes through the media anchor, then to the other leg, and its answer back. */
  readonly stage: 'offering' | 'asking' | 'answering'
  readonly sdp: string
}

/** What may happen to a call. */
export type CallEvent =
  | { readonly kind: 'began' }
  | { readonly kind: 'placed'; readonly server: MediaServer }
  | { readonly kind: 'not-placed'; readonly retryAfterSec: number }
  /** The media anchor is done with the exchange that `key` names. */
  | { readonly kind: 'media-offered'; readonly key: string; readonly sdp: string }
  | { readonly kind: 'media-answered'; readonly key: string; readonly sdp: string }
  | { readonly kind: 'media-failed'; readonly key: string }
  | {
      readonly kind: 'response'
      readonly transaction: string
      readonly status: number
      readonly local: boolean
      readonly dialog?: string
      readonly body?: Body
    }
  | {
      readonly kind: 'request'
      readonly leg: LegName
      readonly transaction: string
      readonly method: string
      readonly headers: readonly HeaderLine[]
      readonly body?: Body
    }
  | { readonly kind: 'cancelled' }
  /** A re-INVITE was cancelled by the leg that sent it. */
  | { readonly kind: 'relay-cancelled'; readonly transaction: string }
  | { readonly kind: 'dialog-ended'; readonly leg: LegName }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** The agent's connection closed, or the agent was heard again on another one. */
  | { readonly kind: 'flow-closed' }
  | { readonly kind: 'flow-back' }
  /** The media server is dead: neither its Manager Interface nor its SIP answers. */
  | { readonly kind: 'server-lost' }
  | { readonly kind: 'hang-up' }

export type TimerName = 'try' | 'ring' | 'flow'

/** What follows from an event; data, so that a test can compare it and a log can print it. */
export type Effect =
  | { readonly kind: 'place'; readonly exclude: readonly string[] }
  | { readonly kind: 'release' }
  | {
      readonly kind: 'offer'
      readonly key: string
      readonly branch: string
      readonly from: LegName
      readonly sdp: string
    }
  | {
      readonly kind: 'answer'
      readonly key: string
      readonly branch: string
      readonly from: LegName
      readonly sdp: string
    }
  | { readonly kind: 'end-media'; readonly branch: string }
  | { readonly kind: 'dial'; readonly server: MediaServer; readonly branch: string; readonly sdp: string }
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
  | { readonly kind: 'ack'; readonly dialog: string }
  | { readonly kind: 'bye'; readonly dialog: string }
  | { readonly kind: 'start-timer'; readonly timer: TimerName; readonly ms: number }
  | { readonly kind: 'stop-timer'; readonly timer: TimerName }
  /** The agent waits on `server` from now on. */
  | { readonly kind: 'settle'; readonly server: string }
  | { readonly kind: 'leave' }
  /** What this INVITE told about the health of `server`. */
  | {
      readonly kind: 'judge'
      readonly server: string
      readonly outcome: HealthOutcome
    }
  | { readonly kind: 'record'; readonly verdict: Verdict; readonly status: number }

/** A state and what follows. */
export type Step = readonly [CallState, ...Effect[]]
