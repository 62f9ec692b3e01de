import type { TimerName } from './timers.ts'
import { Alarm, type Ringing, type TimerWheel } from './wheel.ts'

/** The two timers that a transaction may have at one time: one that paces its messages and one that ends its state. */
export class TransactionAlarms {
  readonly #wheel: TimerWheel
  readonly #pace: Alarm
  readonly #end: Alarm

  constructor(wheel: TimerWheel, owner: Ringing) {
    this.#wheel = wheel
    this.#pace = new Alarm(owner)
    this.#end = new Alarm(owner)
  }

  start(timer: TimerName, at: number): void {
    this.#wheel.set(this.#alarmOf(timer), timer, at)
  }

  stop(timer: TimerName): void {
    const alarm = this.#alarmOf(timer)
    if (alarm.timer === timer) this.#wheel.clear(alarm)
  }

  stopAll(): void {
    this.#wheel.clear(this.#pace)
    this.#wheel.clear(this.#end)
  }

  #alarmOf(timer: TimerName): Alarm {
    return timer === 'A' || timer === 'E' || timer === 'G' || timer === 'trying' ? this.#pace : this.#end
  }
}
