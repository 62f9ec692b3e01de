/** What the doors of a fleet are asked, and what they tell each other. */
import type { Dial } from '../domain/dial.ts'

/** What the API wants of whichever door holds a call. */
export interface Orders {
  /**
   * Tells every door. Resolves to what became of it at the door that holds the call; undefined when none answers within ten seconds, and
   * at once when it names a call that no living door has. Rejects with `E_REDIS_UNREACHABLE` when the doors cannot be told.
   */
  give(order: Order): Promise<OrderOutcome | undefined>
  /** Takes orders; `carryOut` resolves to undefined when the call is not at this door. Returns what ends it. */
  take(carryOut: (order: Order) => Promise<OrderOutcome | undefined>): () => void
}

/** What can be asked of a call. */
export type Order =
  /** An agent and its clients are to go to `server`, or to the best other one. */
  | { readonly kind: 'move'; readonly agent: string; readonly server?: string }
  /** A client whose agent has moved is to come after it to `server`. */
  | { readonly kind: 'follow'; readonly call: string; readonly server: string }
  | { readonly kind: 'hang-up'; readonly call: string }
  /** A client of the agent `from` is to go to the agent `to`: one that waits without a client, or that another client `joins`. */
  | {
      readonly kind: 'hand-over'
      readonly call: string
      readonly from: string
      readonly to: string
      readonly joins: boolean
    }
  /** A client of the agent `from` is to be connected to a number; how that ended is told later, under the name `wish`. */
  | {
      readonly kind: 'hand-out'
      readonly call: string
      readonly from: string
      readonly number: string
      readonly wish: string
    }
  /** `status`: what the number would have answered. */
  | { readonly kind: 'handed-out'; readonly wish: string; readonly status: number }
  /** The call in which the agent `by` consults another one: whether it is up, in the dialog that has that Call-ID and one of those tags. */
  | {
      readonly kind: 'consulted'
      readonly call: string
      readonly by: string
      readonly callId: string
      readonly tags: readonly [string, string]
    }
  /** The agent `by` leaves that call: whom it was about has come. */
  | { readonly kind: 'replaced'; readonly call: string; readonly by: string }
  /** The agent whose leg that call is enters anew at another door, over the connection `flow` when it is the agent who calls. */
  | { readonly kind: 'give-way'; readonly call: string; readonly flow?: string }
  /** The agent of that call is to be told what became of it. */
  | { readonly kind: 'tell'; readonly dial: Dial }

/** What became of an order. */
export type OrderOutcome =
  /** `server`: where the calls are now. */
  | { readonly kind: 'done'; readonly calls: readonly string[]; readonly server?: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** What doors tell each other at once. Nothing is kept: whoever does not listen, or while the store is away, hears nothing. */
export interface Doors {
  /** From now on `hear` gets what the others say, in the order of each of them, and `door` lives until it leaves or its process dies. */
  join(door: string, hear: (message: DoorMessage) => void): DoorTalk
  /** The doors that live. One that died is missed within ten seconds. Rejects with `E_REDIS_UNREACHABLE`. */
  living(): Promise<readonly string[]>
}

/** One door among others. */
export interface DoorTalk {
  /** There is no other that could hear. */
  readonly isAlone: boolean
  say(message: DoorMessage): void
  leave(): void
}

/** What the collector of a media server has noticed: it died, hangs or is slow, answers after all, or is followed again. */
export interface ServerNews {
  readonly server: string
  readonly news: 'died' | 'silent' | 'heard' | 'live'
}

/**
 * One message from door to door. `bytes` is one SIP message in base64; `flow` a connection that the door `at` holds; `door` one that has
 * the call.
 */
export type DoorMessage =
  | ({ readonly kind: 'server' } & ServerNews)
  /** The agent has registered over that connection. */
  | ({ readonly kind: 'agent-here'; readonly agent: string } & FarFlow)
  /** A request in one of these dialogs came over that connection, and is of no call there. */
  | ({ readonly kind: 'whose'; readonly callId: string; readonly dialogs: readonly string[] } & FarFlow)
  /** What comes over that connection with that Call-ID is for `door`. */
  | ({ readonly kind: 'claim'; readonly door: string; readonly callId: string } & FarFlow)
  /** `door` has something for the agent at that connection; the answers are for it. */
  | ({ readonly kind: 'to-agent'; readonly door: string; readonly bytes: string } & FarFlow)
  | {
      readonly kind: 'from-agent'
      readonly door: string
      readonly at: string
      readonly source: FlowSource
      readonly bytes: string
    }
  | { readonly kind: 'flow-over'; readonly flow: string }

/** An agent's connection, and the door that holds it. */
export interface FarFlow {
  readonly flow: string
  readonly at: string
}

/** Where an agent's connection comes from. */
export interface FlowSource {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  readonly address: string
  readonly port: number
  readonly flow: string
}
