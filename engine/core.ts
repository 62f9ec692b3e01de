import type { EngineEvent, ListenerAddress, Source } from './api.ts'
import type { LiveDialog } from './live-dialog.ts'
import type { SessionPolicy } from './dialog/session-terms.ts'
import type { Passing } from './forward/passing.ts'
import { defaultLimits, type MessageLimits } from './message/limits.ts'
import type { HeaderLine, SipRequest, SipResponse } from './message/message.ts'
import { leastSeconds } from './message/session-expires.ts'
import { engineCounts, type EngineCounts } from './observe/engine-counts.ts'
import { engineDefaults, type EngineLimits, type EngineOptions } from './options.ts'
import { createOverload, type Overload } from './overload.ts'
import type { ClientOwner, ClientTransaction } from './transaction/client-transaction.ts'
import type { Kept } from './transaction/kept.ts'
import type { ServerOwner, ServerTransaction } from './transaction/server-transaction.ts'
import { TransactionTable } from './transaction/table.ts'
import { TimerWheel } from './transaction/wheel.ts'
import type { Target } from './transport/transport.ts'
import type { Launch } from './uac/launch.ts'
import { createLocator, type Locator } from './uac/locator.ts'
import { systemNames } from './uac/names.ts'
import { createNarrowPlaces, type NarrowPlaces } from './uac/narrow.ts'
import type { Reliables } from './uas/reliables.ts'

/** What is remembered with a request of a peer. */
export interface ServerContext {
  readonly source: Source
  /** `<Call-ID>;from-tag=…` of an INVITE that opens a call. */
  readonly leg: string | undefined
  /** Undefined once the final response has been given. */
  request: SipRequest | undefined
  /** The To tag of our responses. */
  tag: string | undefined
  /** The dialog that it belongs to, or that our responses have created. */
  dialog: LiveDialog | undefined
  /** The reliable provisional responses to an INVITE; undefined before the first. */
  reliables: Reliables | undefined
  /** Set when it was sent on: who answers is the far end, not our application. `through` names our transaction when the application has no part in it. */
  passing?: { readonly through: string | undefined }
}

/** What is remembered with a request of ours. */
export interface ClientContext {
  /** What is being carried out, for another attempt; undefined once the final response has come. */
  order: Launch | undefined
  target: Target
  listener: ListenerAddress
  /** Our Contact, for the dialog that may come of it. */
  readonly contact: string
  /** The connection that the application named. */
  readonly flow: string | undefined
  /** Sent by the engine itself: nobody is told of its responses. */
  readonly isOwn: boolean
  /** `<Call-ID>;from-tag=…` of an INVITE that opens a call. */
  readonly leg: string | undefined
  /** Set when it cannot be sent at all: the status that the application is told. */
  failure: 503 | 491 | 487 | 481 | undefined
  /** Undefined once the final response has come. */
  request: SipRequest | undefined
  dialog: LiveDialog | undefined
  /** A provisional response has come. */
  isProceeding: boolean
  /** The offer in an INVITE of ours has been answered in a reliable provisional response. */
  isOfferAnswered: boolean
  /** A CANCEL that is due (its extra headers), or has left. */
  cancel: { readonly headers: readonly HeaderLine[]; isSent: boolean } | undefined
  /** The ACK of a refusal, for its copies. */
  refusalAck: Kept | undefined
  /** The dialogs of further 2xx to a forked INVITE, by To tag. */
  forks: Map<string, LiveDialog> | undefined
  /** The last RSeq of each fork, by To tag. */
  rseqs: Map<string, number> | undefined
  /** Set when it is a peer's request that was sent on. */
  readonly passing?: Passing | undefined
}

/** A response and where it came from. */
export interface Received {
  readonly response: SipResponse
  readonly source: Source
}

/** An INVITE that has had its refusal. */
export interface RefusedCall {
  readonly cseq: number
  readonly server: ServerTx
}

export type ServerTx = ServerTransaction<ServerContext>
export type ClientTx = ClientTransaction<ClientContext, Received>

/** What all parts of the engine share: its options, and everything that lives in it. */
export interface Core extends Omit<EngineOptions, 'limits' | 'names' | 'messageLimits'> {
  readonly limits: EngineLimits
  readonly sessions: SessionPolicy
  readonly locator: Locator
  readonly overload: Overload
  readonly narrow: NarrowPlaces
  readonly wheel: TimerWheel
  readonly servers: TransactionTable<ServerTx>
  readonly clients: TransactionTable<ClientTx>
  readonly dialogs: Map<string, LiveDialog>
  /** Calls that are being set up, by dialog id to be. */
  readonly legs: Map<string, ServerTx | ClientTx>
  /** Calls that were refused, by the same id, while the transaction of the INVITE lasts. */
  readonly refusedCalls: Map<string, RefusedCall>
  readonly serverOwner: ServerOwner<ServerContext>
  readonly clientOwner: ClientOwner<ClientContext, Received>
  readonly counts: EngineCounts
  readonly messageLimits: MessageLimits
  /** Proves what we have written into Record-Route; made anew by each start. */
  readonly routeKey: string
  /** The To tag of refusals that leave no trace here. */
  readonly statelessTag: string
  emit(event: EngineEvent): void
  newId(): string
}

/** What a core cannot make by itself. */
export interface CoreParts {
  readonly emit: (event: EngineEvent) => void
  readonly serverOwner: (core: Core) => ServerOwner<ServerContext>
  readonly clientOwner: (core: Core) => ClientOwner<ClientContext, Received>
}

/** An engine's shared state, empty. */
export function createCore(options: EngineOptions, { emit, serverOwner, clientOwner }: CoreParts): Core {
  const { clock, random, sessionExpiresSec = 0, minSessionExpiresSec = leastSeconds } = options
  const prefix = random(6)
  const limits = { ...engineDefaults, ...options.limits }
  const names = options.names ?? systemNames(clock)
  let ids = 0
  const core: Core = {
    ...options,
    limits,
    sessions: { expiresSec: sessionExpiresSec, minSec: Math.max(minSessionExpiresSec, leastSeconds) },
    locator: createLocator({ names, clock, random, limits }),
    overload: createOverload({ clock, random, peers: limits.located }),
    narrow: createNarrowPlaces(clock, limits.located),
    wheel: new TimerWheel(options.clock),
    servers: new TransactionTable<ServerTx>(({ address }) => address),
    clients: new TransactionTable<ClientTx>(({ flow }) => flow),
    dialogs: new Map(),
    legs: new Map(),
    refusedCalls: new Map(),
    counts: engineCounts(options.metrics),
    messageLimits: { ...defaultLimits, ...options.messageLimits },
    statelessTag: options.random(8),
    routeKey: options.random(16),
    emit,
    newId: () => [prefix, (++ids).toString(36)].join('-'),
    get serverOwner() {
      return owners.server
    },
    get clientOwner() {
      return owners.client
    },
  }
  const owners = { server: serverOwner(core), client: clientOwner(core) }
  return core
}
