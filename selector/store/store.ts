import type { Agent } from '../domain/agent.ts'
import type { Choice, Decision } from '../domain/decision.ts'
import type { Dial, DialNews, DialOrder } from '../domain/dial.ts'
import type { DialLimit } from '../domain/dial-policy.ts'
import type { Candidate, Health, HealthWord, Load, MediaServer } from '../domain/media-server.ts'
import type { Route } from '../domain/route.ts'
import type { Policy } from '../domain/standing.ts'
import type { Trunk } from '../domain/trunk.ts'
import type { Doors, Orders } from './between-doors.ts'
import type { LedgerCounts } from './ledger-counts.ts'

export type * from './between-doors.ts'

/** What the selector keeps, for one process (memory) or for all doors of a fleet (Redis). One contract suite holds both. */
export interface Store {
  /** Connects. Rejects with `E_REDIS_UNREACHABLE`. */
  start(): Promise<void>
  stop(): Promise<void>
  readonly servers: Collection<MediaServer>
  readonly agents: Collection<Agent>
  readonly trunks: Collection<Trunk>
  readonly routes: Collection<Route>
  readonly ledger: Ledger
  readonly decisions: DecisionLog
  readonly records: RecordLog
  readonly pins: Pins
  readonly queues: Queues
  readonly bindings: BindingStore
  readonly sessions: SessionStore
  readonly dials: DialStore
  readonly credentials: CredentialStore
  readonly leases: Leases
  readonly orders: Orders
  readonly doors: Doors
}

/** Objects that the operator wrote, each under its id and with a version. Writes that resolve are durable. */
export interface Collection<T extends { readonly id: string }> {
  list(): Promise<readonly Versioned<T>[]>
  get(id: string): Promise<Versioned<T> | undefined>
  /**
   * Writes. `expect`: only over that version, 0 = only if new, absent = whatever is there.
   * Resolves to undefined when the expectation was not met.
   */
  put(item: T, expect?: number): Promise<Versioned<T> | undefined>
  /** False when there was nothing. */
  remove(id: string): Promise<boolean>
  /** Calls back after each write by anyone, in this process or another. */
  onChange(listener: () => void): () => void
}

/** An object and its version, counted from 1. */
export interface Versioned<T> {
  readonly item: T
  readonly version: number
}

/** Loads and reservations of the fleet, and the choice over them. */
export interface Ledger {
  /** The collector's word on a server. Dropped when a newer `fence` (see `Leases`) has spoken already. */
  putLoad(server: string, load: Load, fence?: number): Promise<void>
  /** False when it was not taken, because more than half of the fleet would be ejected. */
  putHealth(server: string, word: Health | HealthWord): Promise<boolean>
  /** Every server with its load and reservations; `only`: that one, if there is one. */
  candidates(only?: string): Promise<readonly Candidate[]>
  /** Chooses among the fleet and reserves under `call`, atomically. What the call had reserved before is given back. */
  reserve(order: ReserveOrder): Promise<Choice>
  /** Ends reservations, because the calls have joined or never will; calls without one are no error. */
  release(calls: readonly string[]): Promise<void>
  /** The call is up: its place is kept for as long as its server's counters do not show it. */
  settle(call: string): Promise<void>
  /** The call is over, or was never answered: whatever is kept of it ends. */
  end(call: string): Promise<void>
  /** By what a choice goes now. */
  policy(): Policy
  /** What happened so far in this process. */
  readonly counts: LedgerCounts
}

/** One placement that is asked for. */
export interface ReserveOrder {
  readonly call: string
  /** For the record only. */
  readonly agent?: string
  readonly exclude: readonly string[]
  /** Chance in [0, 1) that settles ties; given so that a choice can be repeated. */
  readonly chance: number
  /** Wall-clock milliseconds. */
  readonly at: number
  /** How long the reservation holds. */
  readonly ttlMs: number
}

/** What led to each choice; the oldest are forgotten. */
export interface DecisionLog {
  put(decision: Decision): Promise<void>
  /** The choices made for a call, the oldest first. */
  of(call: string): Promise<readonly Decision[]>
}

/** Where an agent's leg is. */
export interface Pin {
  readonly agent: string
  readonly server: string
  readonly call: string
  /** That of the choice (see `Choice`): the pin of a later choice is never written over. */
  readonly fence?: number
  /** Present when the leg was lost: until when (wall-clock milliseconds) its place is kept for the agent. */
  readonly heldUntil?: number
}

/** Which agent is on which server; one pin per agent, the newest call's. */
export interface Pins {
  /** False when a pin with a greater fence is there. Who asks after this was called hears of it, though it has not resolved yet. */
  put(pin: Pin): Promise<boolean>
  /**
   * One that is kept for longer than it should be is none. `shown`: a pin that whoever asks can prove. It counts while the store cannot be
   * asked, unless a later one is known.
   */
  get(agent: string, shown?: Pin): Promise<Pin | undefined>
  /** Removes the agent's pin if it is still that call's. */
  remove(agent: string, call: string): Promise<void>
}

/** Who waits for a client: the agents that are in their conference with no client. Each stands in several lines. */
export interface Queues {
  /** The agent is in its conference, and waits from `at` on unless a client is with it; told again, it keeps its place. */
  join(attendance: Attendance, at: number): Promise<void>
  /** The agent's leg of that call is over; a newer one is left alone. */
  leave(agent: string, call: string): Promise<void>
  /** `client` is with the agent, which waits no more. Holds for `ttlMs`, unless renewed by the process that told it. */
  occupy(agent: string, client: string, at: number, ttlMs: number): Promise<void>
  /** `client` is gone. When it was the last one, the agent waits again, from `at` on. */
  free(agent: string, client: string, at: number): Promise<void>
  /** Takes who waits longest in the first of the lines that is not empty, in one step: nobody else gets the same agent. */
  take(order: TakeOrder): Promise<TakenAgent | undefined>
}

/** An agent in its conference. */
export interface Attendance {
  readonly agent: string
  readonly server: string
  /** The call that is its leg. */
  readonly call: string
  /** Names without blanks. */
  readonly lines: readonly string[]
}

/** A client that asks for an agent. */
export interface TakeOrder {
  readonly client: string
  readonly lines: readonly string[]
  /** Agents that are not wanted. */
  readonly passOver?: readonly string[]
  /** Wall-clock milliseconds. */
  readonly at: number
  /** How long the agent is kept for the client without another word. */
  readonly ttlMs: number
}

/** An agent that was waiting, and where. */
export interface TakenAgent {
  readonly agent: string
  readonly server: string
  readonly call: string
  /** Nobody else could be asked: another process may have given the agent to a client as well. */
  readonly alone?: boolean
}

/** Registrations: contact by contact, forgotten when they expire. */
export interface BindingStore {
  put(binding: Binding): Promise<void>
  of(agent: string): Promise<readonly Binding[]>
  remove(agent: string, contact: string): Promise<void>
}

/** One registration of an agent: its Contact, and the door and connection that reach it. */
export interface Binding {
  readonly agent: string
  readonly contact: string
  readonly flow: string
  readonly door: string
  /** The REGISTER that wrote it last (RFC 3261 §10.3 step 7). */
  readonly callId: string
  readonly cseq: number
  /** The phone, and which of its connections this is (RFC 5626 §4). */
  readonly instance?: string
  readonly regId?: number
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

/** Digest credentials that the public API gave out, forgotten when they expire (in Redis: a key with a TTL). */
export interface CredentialStore {
  put(credential: Credential): Promise<void>
  /** The credential of a digest user name; undefined when unknown or expired. */
  get(user: string): Promise<Credential | undefined>
}

/** A short-lived right to register as an agent. */
export interface Credential {
  /** The digest user name, `<agent>~<id>`. */
  readonly user: string
  readonly agent: string
  /** H(user:realm:password) of the short-lived password (RFC 7616 §3.4.2). */
  readonly ha1: Agent['ha1']
  /** Fingerprint of the agent's password it was given for: another password ends it. */
  readonly basis: string
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

/** What is left of calls that are over. */
export interface RecordLog {
  put(record: StoredRecord): Promise<void>
  /** The last ones, the newest first. */
  last(count: number): Promise<readonly StoredRecord[]>
}

/** A call record as a door wrote it: plain data. */
export interface StoredRecord {
  readonly id: string
  readonly [field: string]: unknown
}

/** Calls in progress as every door and the API see them. */
export interface SessionStore {
  put(session: Session): Promise<void>
  remove(id: string): Promise<void>
  list(): Promise<readonly Session[]>
}

/** One leg of a call in progress. */
export interface Session {
  readonly id: string
  readonly kind: 'agent' | 'client' | 'dial-out' | 'ring-agent' | 'consult' | 'consult-out' | 'transit'
  /** Absent in a call that is in no conference. */
  readonly agent?: string
  /** The agent that consults that one, or a number. */
  readonly by?: string
  readonly trunk?: string
  readonly number?: string
  readonly route?: string
  /** By which trunk a call between two trunks goes on, and to which number; of a client that is being connected to a number, where to. */
  readonly onward?: {
    readonly trunk: string
    readonly number: string
    readonly route?: string
    /** The id of the dialled call, when an agent wanted it. */
    readonly dial?: string
  }
  readonly server?: string
  readonly state: string
  readonly since: number
  readonly door: string
}

/** Calls to numbers outside that were ordered: under which limits, and what became of them. Nothing is ordered while the store is away. */
export interface DialStore {
  /**
   * Notes an order and counts it under its limits, in one step. The same reference of the same agent is the earlier order, which
   * is not counted again. Rejects with `E_REDIS_UNREACHABLE`.
   */
  begin(request: DialRequest): Promise<DialBegun>
  /**
   * What is known of a call. Resolves to all that is known then; undefined when the call was not ordered here or is further already.
   * From `answered` on, the call counts under its limits until this process tells its end.
   */
  tell(call: string, news: DialNews): Promise<Dial | undefined>
  get(call: string): Promise<Dial | undefined>
  /** Nothing was dialled: its reference may be used again, and it counts no more. */
  forget(call: string): Promise<void>
}

/** An order that is to be noted. */
export interface DialRequest {
  readonly order: DialOrder
  readonly limits: readonly DialLimit[]
  /** How long it counts as a call if nobody tells that it was answered or is over. */
  readonly holdMs: number
  /** How long it is remembered. */
  readonly keepMs: number
}

/** What became of an order. */
export type DialBegun =
  | { readonly kind: 'begun'; readonly dial: Dial }
  | { readonly kind: 'known'; readonly dial: Dial }
  /** `most` of the limit is reached; the next call of the hour is possible in `retryMs`. */
  | {
      readonly kind: 'refused'
      readonly limit: DialLimit
      readonly most: 'calls' | 'callsPerHour'
      readonly retryMs?: number
    }

/** Rights that one process at a time has, such as collecting from one media server. */
export interface Leases {
  /**
   * Takes or renews the lease for `ttlMs`. Resolves to its fence, a number that grows whenever the holder changes, or
   * to undefined while another holds it. Rejects with `E_REDIS_UNREACHABLE`: the lease may then still be held.
   */
  hold(name: string, holder: string, ttlMs: number): Promise<number | undefined>
  /** Gives the lease back, if `holder` still has it. */
  drop(name: string, holder: string): Promise<void>
}
