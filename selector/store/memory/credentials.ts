import type { Clock } from '../../../runtime/clock.ts'
import type { Credential, CredentialStore } from '../store.ts'

/** Short-lived credentials that this process knows of. */
export class MemoryCredentials implements CredentialStore {
  readonly #clock: Clock
  readonly #byUser = new Map<string, Credential>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async put(credential: Credential): Promise<void> {
    this.#sweep()
    this.#byUser.delete(credential.user)
    this.#byUser.set(credential.user, credential)
  }

  async get(user: string): Promise<Credential | undefined> {
    const credential = this.#byUser.get(user)
    return credential && credential.expiresAt > this.#clock.wall() ? credential : undefined
  }

  /** All that have not expired. */
  all(): readonly Credential[] {
    return [...this.#byUser.values()].filter(({ expiresAt }) => expiresAt > this.#clock.wall())
  }

  /** The oldest stand first and all live about as long, so it is enough to look at the front. */
  #sweep(): void {
    const now = this.#clock.wall()
    for (const { user, expiresAt } of this.#byUser.values()) {
      if (expiresAt > now) return
      this.#byUser.delete(user)
    }
  }
}
