import type { Pin, Pins } from '../store.ts'

/** Pins of this process. */
export class MemoryPins implements Pins {
  readonly #pins = new Map<string, Pin>()

  async put(pin: Pin): Promise<boolean> {
    if ((this.#pins.get(pin.agent)?.fence ?? 0) > (pin.fence ?? 0)) return false
    this.#pins.set(pin.agent, pin)
    return true
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
