import type { Clock } from '../../../runtime/clock.ts'
import type { Binding, BindingStore } from '../store.ts'

/** Registrations that this process knows of. */
export class MemoryBindings implements BindingStore {
  readonly #clock: Clock
  readonly #byAgent = new Map<string, Map<string, Binding>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async put(binding: Binding): Promise<void> {
    const contacts = this.#byAgent.get(binding.agent) ?? new Map<string, Binding>()
    this.#byAgent.set(binding.agent, contacts.set(binding.contact, binding))
  }

  async of(agent: string): Promise<readonly Binding[]> {
    return [...(this.#live(agent)?.values() ?? [])]
  }

  async remove(agent: string, contact: string): Promise<void> {
    this.#byAgent.get(agent)?.delete(contact)
    this.#live(agent)
  }

  /** All that have not expired; the others are forgotten. */
  all(): readonly Binding[] {
    return [...this.#byAgent.keys()].flatMap(agent => [...(this.#live(agent)?.values() ?? [])])
  }

  #live(agent: string): ReadonlyMap<string, Binding> | undefined {
    const contacts = this.#byAgent.get(agent)
    if (!contacts) return undefined
    const now = this.#clock.wall()
    for (const { contact, expiresAt } of contacts.values()) if (expiresAt <= now) contacts.delete(contact)
    if (contacts.size === 0) this.#byAgent.delete(agent)
    return contacts
  }
}
