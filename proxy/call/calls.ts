import type { LegName } from './call.ts'
import type { CallSession, SessionIndex } from './call-session.ts'

/** A call, and the leg of it that was meant. */
export interface FoundLeg {
  readonly session: CallSession
  readonly leg: LegName
}

/** The calls of this door, found by every id that an event may carry. */
export class Calls implements SessionIndex {
  readonly #sessions = new Map<string, CallSession>()
  readonly #incoming = new Map<string, CallSession>()
  readonly #outgoing = new Map<string, CallSession>()
  readonly #dialogs = new Map<string, FoundLeg>()
  readonly #dialogsOf = new Map<CallSession, string[]>()
  readonly #byAgent = new Map<string, Set<CallSession>>()
  readonly #consultations = new Map<string, CallSession>()

  get size(): number {
    return this.#sessions.size
  }

  all(): Iterable<CallSession> {
    return this.#sessions.values()
  }

  /** Those of an agent, its own legs and its clients', in the order in which they became its. */
  of(agent: string): readonly CallSession[] {
    return [...(this.#byAgent.get(agent) ?? [])]
  }

  /** The call in which an agent consults another one, or a number. */
  consultationOf(agent: string): CallSession | undefined {
    return this.#consultations.get(agent)
  }

  byId(id: string): CallSession | undefined {
    return this.#sessions.get(id)
  }

  add(session: CallSession): void {
    this.#sessions.set(session.call.id, session)
    this.#join(session)
    const { by } = session.call
    if (by !== undefined) this.#consultations.set(by, session)
    this.arrived(session.call.transaction, session)
  }

  handed(session: CallSession, from: string): void {
    if (this.#leave(session, from)) this.#join(session)
  }

  /** An INVITE came in for `session`; its CANCEL finds it until it is answered. */
  arrived(transaction: string, session: CallSession): void {
    this.#incoming.set(transaction, session)
  }

  byIncoming(transaction: string): CallSession | undefined {
    return this.#incoming.get(transaction)
  }

  byDialog(dialog: string): FoundLeg | undefined {
    return this.#dialogs.get(dialog)
  }

  /** Whose order a response answers; after a final one nothing more will come. */
  byOutgoing(transaction: string, final: boolean): CallSession | undefined {
    const session = this.#outgoing.get(transaction)
    if (final) this.#outgoing.delete(transaction)
    return session
  }

  watch(transaction: string, session: CallSession): void {
    this.#outgoing.set(transaction, session)
  }

  bind(dialog: string, session: CallSession, leg: LegName): void {
    if (this.#dialogs.has(dialog)) return
    this.#dialogs.set(dialog, { session, leg })
    const known = this.#dialogsOf.get(session)
    if (known) known.push(dialog)
    else this.#dialogsOf.set(session, [dialog])
  }

  answered(transaction: string): void {
    this.#incoming.delete(transaction)
  }

  /** Forgets a call. Orders that still lack a final response keep finding their session, so that late answers are ended. */
  over(session: CallSession): void {
    this.#sessions.delete(session.call.id)
    this.#leave(session, session.call.agent)
    const { by } = session.call
    if (by !== undefined) this.#consultations.delete(by)
    this.#incoming.delete(session.call.transaction)
    for (const dialog of this.#dialogsOf.get(session) ?? []) this.#dialogs.delete(dialog)
    this.#dialogsOf.delete(session)
  }

  #join(session: CallSession): void {
    const { agent } = session.call
    const calls = this.#byAgent.get(agent)
    if (calls === undefined) this.#byAgent.set(agent, new Set([session]))
    else calls.add(session)
  }

  /** False when it was no call of that agent, e.g. because it is over. */
  #leave(session: CallSession, agent: string): boolean {
    const calls = this.#byAgent.get(agent)
    if (calls?.delete(session) !== true) return false
    if (calls.size === 0) this.#byAgent.delete(agent)
    return true
  }
}
