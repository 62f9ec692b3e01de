import type { Session, SessionStore } from '../store.ts'

/** Calls in progress in this process. */
export class MemorySessions implements SessionStore {
  readonly #sessions = new Map<string, Session>()

  async put(session: Session): Promise<void> {
    this.#sessions.set(session.id, session)
  }

  async remove(id: string): Promise<void> {
    this.#sessions.delete(id)
  }

  async list(): Promise<readonly Session[]> {
    return this.all()
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** All of them. */
  all(): readonly Session[] {
    return [...this.#sessions.values()]
  }
}
