import type { Clock } from '../../runtime/clock.ts'

/** A connection as far as it is watched. */
export interface Watched {
  /** Bytes that wait to be sent. */
  queued(): number
  /** Called when bytes wait and none got out for the whole time. */
  onStalled(): void
}

/** Notices that a peer takes nothing any more although bytes wait for it. It costs nothing while none wait. */
export class StallWatch {
  readonly #watched: Watched
  readonly #ms: number
  readonly #clock: Clock
  #isRunning = false
  #hasMoved = false
  #cancel: () => void = () => undefined

  constructor(watched: Watched, ms: number, clock: Clock) {
    this.#watched = watched
    this.#ms = ms
    this.#clock = clock
  }

  /** Bytes were given to the socket. */
  given(): void {
    if (!this.#isRunning && this.#watched.queued() > 0) this.#start()
  }

  /** Bytes got out. */
  moved(): void {
    this.#hasMoved = true
  }

  stop(): void {
    this.#isRunning = false
    this.#cancel()
  }

  #start(): void {
    this.#isRunning = true
    this.#hasMoved = false
    this.#cancel = this.#clock.after(this.#ms, () => this.#look())
  }

  #look(): void {
    this.#isRunning = false
    if (this.#watched.queued() === 0) return
    if (this.#hasMoved) this.#start()
    else this.#watched.onStalled()
  }
}
