/** What the call logic needs from outside. Every adapter of the front door fulfils one of these ports. */
import type { HeaderLine, SipRequest, SipResponse } from '../engine/message/message.ts'
import type { MediaServer } from '../selector/domain/media-server.ts'
import type { Agent } from '../selector/domain/agent.ts'
import type { CallerRule } from '../selector/domain/route.ts'
import type { HealthOutcome } from '../selector/domain/health.ts'
import type { Trunk, TrunkAccount } from '../selector/domain/trunk.ts'
import type { FarFlow } from '../selector/store/store.ts'
import type { OutsidePlace } from './call/call.ts'
import type { Verdict } from './call/verdict.ts'

/** Where a request came from, as the socket tells it. */
export interface Origin {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  readonly address: string
  readonly port: number
  /** An agent's connection; absent for carriers and media servers on UDP. */
  readonly flow?: string | undefined
  /** Which of our own faces heard it; absent for agents, and where an edge cannot tell. */
  readonly side?: Side | undefined
}

/** Our faces without agents: `inside` towards media servers, `trunk` towards carriers. */
export type Side = 'inside' | 'trunk'

/**
 * SIP as the call logic sees it: requests and responses, with transactions and dialogs named by ids and kept by the
 * edge. 100 Trying, retransmissions, the ACK of a refusal, the answers to CANCEL, PRACK and the session timer are the edge's business.
 * Orders are never awaited: what came of them arrives as an event, also when they could not be carried out.
 */
export interface SipEdge {
  /** Opens the listeners or the connection. Events come to `receive`, one at a time, never before `start` resolves. */
  start(receive: (event: EdgeEvent) => void): Promise<void>
  stop(): Promise<void>
  respond(order: ResponseOrder): void
  request(order: RequestOrder): void
  /** Cancels the INVITE `transaction`; its final response still comes. */
  cancel(transaction: string, reason?: string): void
  /** Acknowledges the 2xx that set up or changed `dialog`; `body` is the answer when that 2xx held an offer. */
  ack(dialog: string, body?: Body): void
  /** Closes an agent's connection. */
  closeFlow(flow: string): void
}

/** What an edge tells. Every transaction that was ordered by `request` ends in exactly one final `response`. */
export type EdgeEvent =
  | {
      readonly kind: 'request'
      readonly transaction: string
      /** Present when the request came inside a dialog that the edge keeps. */
      readonly dialog?: string | undefined
      /** `<Call-ID>;from-tag=<From tag>`: the id that the dialog will have if this INVITE is answered. */
      readonly dialogToBe: string
      readonly request: SipRequest
      readonly origin: Origin
    }
  | {
      readonly kind: 'response'
      /** The id given in the order. */
      readonly transaction: string
      /** Present on a 2xx to INVITE, and on a provisional response that opened an early dialog (RFC 3262). */
      readonly dialog?: string | undefined
      readonly response: SipResponse
      /** True when no peer sent it: 408 no answer in time, 503 not reachable. */
      readonly local: boolean
    }
  | { readonly kind: 'cancel'; readonly transaction: string; readonly reason?: string }
  /** The ACK of a 2xx of ours; its body is the answer when that 2xx held an offer. */
  | { readonly kind: 'ack'; readonly dialog: string; readonly request: SipRequest }
  /** The edge ended the dialog by itself (no ACK, session expired) or could not deliver a 2xx. */
  | { readonly kind: 'dialog-ended'; readonly dialog: string; readonly reason: string }
  | { readonly kind: 'flow-closed'; readonly flow: string }

/** A response to an incoming request. */
export interface ResponseOrder {
  readonly transaction: string
  readonly status: number
  readonly reason?: string
  readonly headers?: readonly HeaderLine[]
  readonly body?: Body
}

/** A request to be sent: a new one (`uri`), or one inside a dialog (`dialog`). */
export interface RequestOrder {
  /** Chosen by the caller, unique in the life of the process; responses carry it. */
  readonly transaction: string
  readonly method: string
  readonly uri?: string
  readonly dialog?: string
  /** Where to send it instead of the host of `uri`. */
  readonly nextHop?: string
  /** An agent's connection to send over. */
  readonly flow?: string
  /** Which of our own faces it leaves from. */
  readonly side?: Side
  /** With what a challenge to an INVITE that opens a dialog is answered. */
  readonly account?: TrunkAccount
  readonly headers?: readonly HeaderLine[]
  readonly body?: Body
}

/** A message body with its type, e.g. `application/sdp`. */
export interface Body {
  readonly type: string
  readonly content: string
}

/** What a party of a call is to the media anchor: a browser (ICE, DTLS-SRTP), a carrier (plain RTP outside) or a media server (plain RTP inside). */
export type MediaSide = 'browser' | 'carrier' | 'server'

/** One party of an anchored call. Its tag is never used again for another one. */
export interface MediaParty {
  readonly tag: string
  readonly side: MediaSide
  /** Where its signalling comes from: media is not sent to addresses nearer to the inside than this one. */
  readonly source?: string
}

/** One SDP on its way through the media anchor. `call` names the anchored call. */
export interface MediaExchange {
  readonly call: string
  /** Whose SDP this is, and for whom it is to be rewritten. */
  readonly from: MediaParty
  readonly to: MediaParty
  readonly sdp: string
  /** What `to` was told last; the new one is the next of the same origin (RFC 3264 §8). Absent: it was told nothing yet. */
  readonly told?: string
}

/** The media anchor. Failures reject with `E_MEDIA_TIMEOUT` or `E_MEDIA_REFUSED`. */
export interface Media {
  /** False: SDP passes unchanged and media goes from party to party, so that no party can be exchanged. */
  readonly anchors: boolean
  /**
   * Rewrites an offer for a party that is new. The first one anchors the call. A later one prepares `to` to take the place of the party
   * that `from` talks to now; those two go on until `to` has answered.
   */
  invite(exchange: MediaExchange): Promise<string>
  /** Rewrites an offer between two parties that talk already. */
  offer(exchange: MediaExchange): Promise<string>
  /** Rewrites the answer to the last offer for the party that offered; from then on these two talk. */
  answer(exchange: MediaExchange): Promise<string>
  /** Frees what a party holds whose place another one has taken, or that never answered; an unknown one is no error. */
  drop(call: string, tag: string): Promise<void>
  /** What came in from each party so far; nothing when no such call is anchored. */
  statistics(call: string): Promise<MediaStatistics | undefined>
  /** Frees whatever the call holds and tells what came in from each party; an unknown call is no error. */
  end(call: string): Promise<MediaStatistics | undefined>
}

/** What a media anchor counted in one call, by the tags of its parties. */
export type MediaStatistics = Readonly<Record<string, PartyStatistics>>

/** What came in from one party. */
export interface PartyStatistics {
  readonly packets: number
  readonly bytes: number
  /** Packets from a wrong source, or that could not be decrypted. */
  readonly errors: number
  /** Its codec, e.g. `opus/48000/2`. */
  readonly codec?: string
  /** When its last packet came: wall-clock milliseconds, to the second; absent when none did. */
  readonly lastPacketAt?: number
  /** What the receiver of its packets reported by RTCP; absent when it reported nothing. */
  readonly reported?: ReceptionReport
}

/** Averages over the reception reports of a call (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  readonly lostPackets: number
  readonly lossPercent: number
  readonly jitterMs: number
  readonly roundTripMs: number
  /** Mean opinion score, 1 (bad) to 5, as estimated from these. */
  readonly mos: number
}

/** Where an agent waits. */
export interface AgentPlace {
  readonly server: MediaServer
  /** Call id of the agent's leg. */
  readonly call: string
}

/** A place on a media server, or why there is none. */
export type Placed =
  | { readonly kind: 'placed'; readonly server: MediaServer }
  | { readonly kind: 'none'; readonly reason: string; readonly retryAfterSec: number }

/** Which media server takes a call. */
export interface Placement {
  /** Chooses and reserves in one step, on a server that is not in `exclude`. */
  place(order: {
    readonly call: string
    readonly agent: string
    readonly exclude: readonly string[]
  }): Promise<Placed>
  /** Gives the reservation of a call back; unknown calls are no error. */
  release(call: string): Promise<void>
  /** The agent's leg is up on `server`: client legs go there from now on, also those asked for before this resolves. */
  settled(order: { readonly call: string; readonly agent: string; readonly server: string }): Promise<void>
  /**
   * The agent's leg of that call is over; a newer leg of the same agent is left alone. `isLost`: its place is kept for a while, and the
   * agent's next call goes there.
   */
  left(order: { readonly call: string; readonly agent: string; readonly isLost: boolean }): Promise<void>
  /** `token`: what the caller can show of it (see `PinTokens`), which helps while nobody can be asked. */
  whereIs(agent: string, token?: string): Promise<AgentPlace | undefined>
  /** What an INVITE or OPTIONS to that server told about its health. */
  result(server: string, outcome: HealthOutcome): void
}

/** Who may talk to the door. */
export interface Directory {
  /** What a digest of that user is checked against, and whom it stands for. */
  credentials(user: string): Promise<Credentials | undefined>
  /** The trunk whose address list holds that source. */
  trunkAt(address: string): Trunk | undefined
  /**
   * The media server at that source. Of several at one address the one with that SIP port; a port that none has, as that of a TCP
   * connection, tells nothing, and then it is the one with the lowest.
   */
  serverAt(address: string, port?: number): MediaServer | undefined
  /** The media server of that id. */
  server(id: string): MediaServer | undefined
}

/** H(user:realm:password) of a digest user (RFC 7616 §3.4.2), and the agent behind it. */
export interface Credentials {
  readonly agent: string
  readonly ha1: Agent['ha1']
  /** When they end, wall-clock milliseconds; an agent's own password has no end. */
  readonly expiresAt?: number
}

/** Where the calls of media servers may go. */
export interface Outward {
  route(request: SipRequest, server: MediaServer): Promise<OutwardRoute>
}

/** Whom a media server wants the door to call, and by which ways; or why it may not. */
export type OutwardRoute =
  | {
      readonly kind: 'dial-out' | 'ring-agent'
      readonly agent: string
      readonly dialled?: Dialled
      readonly places: readonly OutsidePlace[]
    }
  | { readonly kind: 'refused'; readonly status: number }

/** A call that is to leave through a trunk. */
export interface OutgoingCall {
  /** The INVITE that asks for it; its headers cross as the trunk allows. */
  readonly request: Pick<SipRequest, 'headers'>
  readonly number: string
  readonly caller: { readonly user: string; readonly name?: string }
  /** The trunk, when it is known; absent: the routes of the direction `out` say. */
  readonly trunk?: string
  /** The route that named the trunk, and what it says of the caller. */
  readonly route?: string
  readonly rule?: CallerRule
  /** Which headers the trunk may bring that the call came in by; absent: it comes from a media server, which may bring any. */
  readonly letIn?: readonly string[]
}

/** The ways out, best first. */
export type TrunkWays =
  | {
      readonly kind: 'ways'
      readonly dialled: Dialled
      readonly places: readonly [OutsidePlace, ...OutsidePlace[]]
    }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterSec?: number }

/** Which trunk takes a call to the outside, and by which of its peers. */
export interface TrunkChoice {
  choose(call: OutgoingCall): TrunkWays
}

/** The numbers that agents want a client to be connected to: under the same rules as those that they dial themselves. */
export interface Dialling {
  isAgent(id: string): Promise<boolean>
  /** Notes the call and counts it; or the status with which it is refused. */
  begin(
    agent: string,
    dialled: string,
  ): Promise<
    | { readonly kind: 'begun'; readonly dial: string; readonly number: string }
    | { readonly kind: 'refused'; readonly status: number }
  >
  /** Nobody was reached. */
  failed(dial: string, status: number): Promise<void>
}

/** The location service (RFC 3261 §10), shared by all doors. What doors tell each other. */
export type { BindingStore as Bindings, DoorMessage, DoorTalk, FarFlow } from '../selector/store/store.ts'

/** Agents' connections to other doors. Their ids are unlike those of this door's own. */
export interface OtherDoors {
  /** Tells the others that the agent is reached over a connection of this door. */
  agentHere(agent: string, flow: string): void
  /** From now on this door may send over that connection. */
  reach(far: FarFlow): void
  /** As `reach`; and what comes over it with that Call-ID is for this door. */
  claim(far: FarFlow, callId: string): void
  /** Whether that connection is another door's. */
  isFar(flow: string): boolean
}

/** Calls as others may see them while they last, and what is left of them when they are over. */
export interface CallLog {
  began(call: LiveCall): void
  changed(call: LiveCall): void
  /** `measured` is what the media anchor counted in the call, as soon as it has told; it never rejects. */
  over(record: CallRecord, measured?: Promise<MediaStatistics | undefined>): void
}

/**
 * An agent that calls in, a client of an agent that calls in, a client that an agent calls, an agent that its conference calls, an agent
 * that calls another one in whose conference it is a guest, an agent that calls a number beside its own conference, a call that goes from
 * one trunk to another. The last two have no media server.
 */
export type CallKind = 'agent' | 'client' | 'dial-out' | 'ring-agent' | 'consult' | 'consult-out' | 'transit'

/** What the call of a trunk, or to one, was dialled as. */
export interface Dialled {
  readonly trunk: string
  /** As the route made it; of a call between two trunks as the caller dialled it. */
  readonly number: string
  /** The route that decided; absent when there is none. */
  readonly route?: string
}

/** Where a call between two trunks goes on to. */
export interface Onward extends Dialled {
  /** Under which id an agent's wish for it was noted; absent when a route wanted it. */
  readonly dial?: string
}

/** A call that is going on. */
export interface LiveCall extends Partial<Dialled> {
  readonly id: string
  /** The Call-ID of the leg that began it. */
  readonly leg: string
  readonly kind: CallKind
  /** Absent in a call that is in no conference. */
  readonly agent?: string
  /** The agent that consults that one, or a number. */
  readonly by?: string
  /** By which trunk a call between two trunks goes on, and to which number; of a client that is being connected to a number, where to. */
  readonly onward?: Onward
  readonly server?: string
  readonly state: string
  /** Wall-clock milliseconds. */
  readonly since: number
}

/** What is left of a call. */
export interface CallRecord extends LiveCall {
  readonly verdict: Verdict
  /** Number or name of the one who called. */
  readonly caller: string
  /** Every agent that it was with, in order; present when it was handed to another one. */
  readonly agents?: readonly string[]
  /** Every media server that it was on or that was asked, in order. */
  readonly servers: readonly string[]
  /** The final status that the caller got. */
  readonly status: number
  readonly answeredAt?: number
  readonly endedAt: number
}
