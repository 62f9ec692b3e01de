import type { EngineEvent, ListenerAddress, Source } from './api.ts'
import type { LiveDialog } from './live-dialog.ts'
import type { HeaderLine, SipRequest, SipResponse } from './message/message.ts'
import { engineDefaults, type EngineLimits, type EngineOptions } from './options.ts'
import type { ClientOwner, ClientTransaction } from './transaction/client-transaction.ts'
import type { ServerOwner, ServerTransaction } from './transaction/server-transaction.ts'
import { TransactionTable } from './transaction/table.ts'
import { TimerWheel } from './transaction/wheel.ts'
import type { Target } from './transport/transport.ts'

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
}

/** What is remembered with a request of ours. */
export interface ClientContext {
  readonly target: Target
  readonly listener: ListenerAddress
  /** Our Contact, for the dialog that may come of it. */
  readonly contact: string
  /** The connection that the application named. */
  readonly flow: string | undefined
  /** Sent by the engine itself: nobody is told of its responses. */
  readonly isOwn: boolean
  /** `<Call-ID>;from-tag=…` of an INVITE that opens a call. */
  readonly leg: string | undefined
  /** Set when it cannot be sent at all: the status that the application is told. */
  readonly failure: 503 | 491 | undefined
  /** Undefined once the final response has come. */
  request: SipRequest | undefined
  dialog: LiveDialog | undefined
  /** A provisional response has come. */
  isProceeding: boolean
  /** A CANCEL that is due (its extra headers), or has left. */
  cancel: { readonly headers: readonly HeaderLine[]; isSent: boolean } | undefined
  /** The ACK of a refusal, for its copies. */
  refusalAck: Buffer | undefined
  /** The dialogs of further 2xx to a forked INVITE, by To tag. */
  forks: Map<string, LiveDialog> | undefined
}

/** A response and where it came from. */
export interface Received {
  readonly response: SipResponse
  readonly source: Source
}

export type ServerTx = ServerTransaction<ServerContext>
export type ClientTx = ClientTransaction<ClientContext, Received>

/** What all parts of the engine share: its options, and everything that lives in it. */
export interface Core extends Omit<EngineOptions, 'limits'> {
  readonly limits: EngineLimits
  readonly wheel: TimerWheel
  readonly servers: TransactionTable<ServerTx>
  readonly clients: TransactionTable<ClientTx>
  readonly dialogs: Map<string, LiveDialog>
  /** Calls that are being set up, by dialog id to be. */
  readonly legs: Map<string, ServerTx | ClientTx>
  readonly serverOwner: ServerOwner<ServerContext>
  readonly clientOwner: ClientOwner<ClientContext, Received>
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
  const prefix = options.random(6)
  let ids = 0
  const core: Core = {
    ...options,
    limits: { ...engineDefaults, ...options.limits },
    wheel: new TimerWheel(options.clock),
    servers: new TransactionTable<ServerTx>(({ address }) => address),
    clients: new TransactionTable<ClientTx>(({ flow }) => flow),
    dialogs: new Map(),
    legs: new Map(),
    statelessTag: options.random(8),
    emit,
    newId: () => `${prefix}-${(++ids).toString(36)}`,
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
