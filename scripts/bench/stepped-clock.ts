import type { Clock } from '../../runtime/clock.ts'

/** A clock that moves only when it is told to, for few timers at a time. */
export class SteppedClock implements Clock {
  #now = 1
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>()

  now(): number {
    return this.#now
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets `ms` pass and runs what is due. */
  advance(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.task()
    }
  }
}
