import type { HeaderLine, SipRequest, SipResponse } from './message/message.ts'

/** The transports of RFC 3261 §18 and RFC 7118. */
export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** Where a message came from, as the socket tells it (never as a header claims). */
export interface Source {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  /** The connection it came over; absent on UDP. A flow's id is never used again. */
  readonly flow?: string
  /** The name of the listener that accepted it. */
  readonly listener: string
}

/**
 * What the engine tells its application. Transactions are named by ids that are unique in the life of the process,
 * dialogs by `<Call-ID>;from-tag=<tag of the UAC>` (the form that drachtio applications know).
 */
export type EngineEvent =
  /** A request to be answered by `respond`. ACK and CANCEL have events of their own; 100 Trying is the engine's. */
  | {
      readonly kind: 'request'
      readonly transaction: string
      /** Present when the request belongs to a dialog of this engine. */
      readonly dialog?: string
      readonly request: SipRequest
      readonly source: Source
    }
  /** A response to `request`. Without `source` it was made here: 408 no answer, 503 not reachable. */
  | {
      readonly kind: 'response'
      readonly transaction: string
      /** Present on 2xx to INVITE and to a SUBSCRIBE that opens a dialog, and on reliable provisional responses. */
      readonly dialog?: string
      readonly response: SipResponse
      readonly source?: Source
    }
  /** The INVITE `transaction` was cancelled; 200 to the CANCEL and 487 to the INVITE are already sent. */
  | {
      readonly kind: 'cancel'
      readonly transaction: string
      readonly request: SipRequest
      readonly source: Source
    }
  /** The ACK of our 2xx. `transaction` is that of the INVITE. */
  | {
      readonly kind: 'ack'
      readonly transaction: string
      readonly dialog: string
      readonly request: SipRequest
      readonly source: Source
    }
  /**
   * The engine itself ended a dialog with `request`, a BYE that is already sent; it is only told, not sent, when the application's
   * own 2xx has not left yet, as it waited for a PRACK, and the INVITE is refused instead.
   */
  | {
      readonly kind: 'dialog-ended'
      readonly dialog: string
      readonly reason: DialogEnd
      readonly request: SipRequest
    }
  | { readonly kind: 'flow-closed'; readonly flow: string }

/** Why the engine ended a dialog by itself. */
export type DialogEnd = 'ack-timeout' | 'session-expired' | 'cancelled-after-answer' | 'cancel-race'

/** A response to be sent. The engine adds Via, From, To (with tag), Call-ID, CSeq, Record-Route and, where due, Contact. */
export interface ResponseParts {
  readonly status: number
  /** Default: the phrase of RFC 3261 §21. */
  readonly reason?: string | undefined
  readonly headers?: readonly HeaderLine[] | undefined
  /** With a body, give `Content-Type` in `headers`. */
  readonly body?: Buffer | string | undefined
  /** The To tag of the first response that creates a dialog; default: 64 random bits. */
  readonly tag?: string | undefined
}

/**
 * A request to be sent. The engine adds Via, Max-Forwards, Call-ID, CSeq, tags and Contact where they are missing;
 * inside a dialog it sets all of those, the Request-URI and the route set by itself.
 */
export interface RequestParts {
  readonly method: string
  /** The Request-URI; inside a dialog it is the remote target and may be left out. */
  readonly uri?: string | undefined
  /** The dialog to send in. */
  readonly dialog?: string | undefined
  /** Where to send instead of the Request-URI's host: a SIP URI whose host is an address or a name. */
  readonly nextHop?: string | undefined
  /** The connection to send over; it goes before `nextHop`. */
  readonly flow?: string | undefined
  /** The listener to send from; default: the first one of the transport that is needed. */
  readonly listener?: string | undefined
  readonly headers?: readonly HeaderLine[] | undefined
  readonly body?: Buffer | string | undefined
}

/**
 * How a request of a peer is sent on, as a proxy does (RFC 3261 §16.6): a copy with Max-Forwards lowered, our Route values taken out and our
 * Via on top. All else stays as it came.
 */
export interface ForwardParts extends Pick<RequestParts, 'nextHop' | 'flow' | 'listener'> {
  /** The Request-URI; default: as it came. */
  readonly uri?: string
  /** Added to the copy. What the engine decides or what names the call is dropped. */
  readonly headers?: readonly HeaderLine[]
  /**
   * Whether the later requests of the dialog shall come through here (Record-Route; Path for REGISTER). They are passed on without an
   * event. What the engine wrote there holds until it is stopped.
   */
  readonly stay?: boolean
}

/** What became of an order to the engine. A refusal has no effect outside. */
export type Ordered<T = object> =
  ({ readonly ok: true } & T) | { readonly ok: false; readonly refusal: Refusal }

/** Why the engine did not do it. */
export type Refusal =
  | 'unknown-transaction'
  | 'unknown-dialog'
  | 'already-answered'
  | 'flow-closed'
  | 'no-listener'
  | 'invalid-uri'
  | 'invalid-header'
  | 'missing-content-type'
  | 'not-invite'
  /** A reliable response to a caller that does not know them (RFC 3262). */
  | 'no-100rel'
  /** It has been here before in the same form (RFC 5393). */
  | 'loop'
  | 'overloaded'

/** A request as it left, and the ids under which the rest will be told. */
export interface Sent {
  readonly transaction: string
  readonly request: SipRequest
  readonly via: Pick<Source, 'transport' | 'address' | 'port'>
}

/** A response as it left; `dialog` when it created or belongs to one. */
export interface Responded {
  readonly response: SipResponse
  readonly dialog?: string
}

/** Where a listener can be reached: the address it is bound to and the one it tells others. */
export interface ListenerAddress {
  readonly name: string
  readonly transport: Transport
  readonly bound: { readonly host: string; readonly port: number }
  readonly advertised: { readonly host: string; readonly port: number }
}

/** The SIP engine: transports, transactions and dialogs. It knows nothing of what the calls are for. */
export interface Engine {
  /** Opens every listener. Rejects with `E_PORT_IN_USE` or `E_LISTEN`, and then nothing is left open. */
  start(): Promise<void>
  /** Closes listeners and connections; open transactions are dropped without a word. */
  stop(): Promise<void>
  /** Sets the one receiver of events; it is called synchronously and must not throw. */
  onEvent(receiver: (event: EngineEvent) => void): void
  listeners(): readonly ListenerAddress[]
  respond(transaction: string, parts: ResponseParts): Ordered<Responded>
  request(parts: RequestParts): Ordered<Sent>
  /** Cancels an INVITE of ours; its final response still comes as an event. `headers`: e.g. Reason. */
  cancel(transaction: string, headers?: readonly HeaderLine[]): Ordered
  /** Acknowledges a 2xx of ours; retransmitted 2xx are answered with the same ACK by the engine. */
  ack(dialog: string, parts?: Pick<RequestParts, 'headers' | 'body'>): Ordered<Sent>
  /**
   * Sends a request of a peer on; to several places when called again. Provisional responses and every 2xx go back to the peer by
   * themselves; all but copies are told as `response` events too. Of refusals one is to be chosen: `relay` it, or `respond`.
   * From the first time on, a CANCEL is only told: the INVITE ends with what the places that were asked say to `cancel`.
   */
  forward(transaction: string, parts: ForwardParts): Ordered<Sent>
  /** Ends a request that was sent on with a response to it, as it came in the event. */
  relay(transaction: string, response: SipResponse): Ordered<Responded>
  /** Closes a connection; a `flow-closed` event follows. */
  closeFlow(flow: string): void
}
