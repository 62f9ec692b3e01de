/**
 * Measures how long an event takes from Asterisk to us: an event of our own, told apart by a mark that only we know,
 * goes through the queue behind all others.
 */
export class LagProbe {
  readonly #name: string
  #count = 0
  #sentAt: number | undefined
  #lagMs: number | undefined

  /** `name` is unlike that of any other probe of any door. */
  constructor(name: string) {
    this.#name = name
  }

  /** Forgets the probe that is out, and that any ever came back. */
  reset(): void {
    this.#sentAt = undefined
    this.#lagMs = undefined
  }

  /** The mark of the next probe; undefined while the last one is out. */
  send(now: number): string | undefined {
    if (this.#sentAt !== undefined) return undefined
    this.#sentAt = now
    this.#count += 1
    return this.#mark
  }

  /** An event with that mark came back. */
  heard(mark: string | undefined, now: number): void {
    if (this.#sentAt === undefined || mark !== this.#mark) return
    this.#lagMs = now - this.#sentAt
    this.#sentAt = undefined
  }

  /** Gives up a probe that is out for `ms` at least. True when earlier ones came back, so that this one was lost. */
  lost(now: number, ms: number): boolean {
    if (this.#sentAt === undefined || now - this.#sentAt < ms) return false
    this.#sentAt = undefined
    return this.#lagMs !== undefined
  }

  /** The last lag, or the age of the probe that is out where that is more; 0 where none ever came back. */
  lagMs(now: number): number {
    if (this.#lagMs === undefined) return 0
    const age = this.#sentAt === undefined ? 0 : now - this.#sentAt
    return Math.round(Math.max(this.#lagMs, age))
  }

  get #mark(): string {
    return `${this.#name}-${this.#count}`
  }
}
