import type { TimerName } from './timers.ts'
import { Alarm, type Ringing, type TimerWheel } from './wheel.ts'

/**
 * The two timers that a transaction may have at one time: one that paces its messages and one that ends its state. The first
 * is made when it is needed, because a finished transaction waits long without it.
 */
export class TransactionAlarms {
  readonly #wheel: TimerWheel
  readonly #owner: Ringing
  #pace: Alarm | undefined
  readonly #end: Alarm

  constructor(wheel: TimerWheel, owner: Ringing) {
    this.#wheel = wheel
    this.#owner = owner
    this.#end = new Alarm(owner)
  }

  start(timer: TimerName, at: number): void {
    const alarm = isPace(timer) ? (this.#pace ??= new Alarm(this.#owner)) : this.#end
    this.#wheel.set(alarm, timer, at)
  }

  stop(timer: TimerName): void {
    const alarm = isPace(timer) ? this.#pace : this.#end
    if (alarm?.timer !== timer) return
    this.#wheel.clear(alarm)
    if (alarm === this.#pace) this.#pace = undefined
  }

  stopAll(): void {
    if (this.#pace !== undefined) this.#wheel.clear(this.#pace)
    this.#wheel.clear(this.#end)
  }
}

function isPace(timer: TimerName): boolean {
  return timer === 'A' || timer === 'E' || timer === 'G' || timer === 'trying'
}
