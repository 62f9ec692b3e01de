import type { Pin, Pins } from '../store.ts'

/** Pins of this process. */
export class MemoryPins implements Pins {
  readonly #pins = new Map<string, Pin>()

  async put(pin: Pin): Promise<void> {
    this.#pins.set(pin.agent, pin)
  }

  async get(agent: string): Promise<Pin | undefined> {
    return this.#pins.get(agent)
  }

  async remove(agent: string, call: string): Promise<void> {
    if (this.#pins.get(agent)?.call === call) this.#pins.delete(agent)
  }

  /** All of them. */
  all(): readonly Pin[] {
    return [...this.#pins.values()]
  }
}
