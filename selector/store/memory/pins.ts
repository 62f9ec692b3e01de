import type { Clock } from '../../../runtime/clock.ts'
import type { Pin, Pins } from '../store.ts'

/** Pins of this process. */
export class MemoryPins implements Pins {
  readonly #pins = new Map<string, Pin>()
  readonly #clock: Pick<Clock, 'wall'>

  constructor(clock: Pick<Clock, 'wall'>) {
    this.#clock = clock
  }

  async put(pin: Pin): Promise<boolean> {
    if ((this.#pins.get(pin.agent)?.fence ?? 0) > (pin.fence ?? 0)) return false
    this.#pins.set(pin.agent, pin)
    return true
  }

  async get(agent: string): Promise<Pin | undefined> {
    const pin = this.#pins.get(agent)
    return pin && isKept(pin, this.#clock.wall()) ? pin : undefined
  }

  async remove(agent: string, call: string): Promise<void> {
    if (this.#pins.get(agent)?.call === call) this.#pins.delete(agent)
  }

  /** All of them. */
  all(): readonly Pin[] {
    const now = this.#clock.wall()
    for (const pin of this.#pins.values()) if (!isKept(pin, now)) this.#pins.delete(pin.agent)
    return [...this.#pins.values()]
  }
}

/** Whether a pin counts at `now`, wall-clock milliseconds. */
export function isKept({ heldUntil = Infinity }: Pin, now: number): boolean {
  return heldUntil > now
}
