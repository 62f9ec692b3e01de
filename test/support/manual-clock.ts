import type { Clock } from '../../runtime/clock.ts'

/** A clock that stands still until a test moves it. Timers run in the order of their times, each at its own time. */
export class ManualClock implements Clock {
  #now = 0
  readonly #epoch: number
  #timers: { readonly at: number; readonly task: () => void }[] = []

  constructor(epoch = 1_700_000_000_000) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#epoch + this.#now
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const due = next
      this.#timers = this.#timers.filter(timer => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.task()
    }
    this.#now = end
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  #next(end: number): { readonly at: number; readonly task: () => void } | undefined {
    return this.#timers.filter(timer => timer.at <= end).toSorted((a, b) => a.at - b.at)[0]
  }
}
