import type { Core } from './core.ts'
import { Alarm, type Ringing } from './transaction/wheel.ts'

/**
 * The subscriptions that keep a dialog which a SUBSCRIBE has opened (RFC 6665 §4.4.1): it is over when the last one has ended,
 * or when none was renewed in time.
 */
export class LiveSubscriptions implements Ringing {
  readonly #core: Core
  readonly #onOver: () => void
  readonly #alarm = new Alarm(this)
  /** By event package and id: when it ends. */
  readonly #until = new Map<string, number>()

  constructor(core: Core, onOver: () => void) {
    this.#core = core
    this.#onOver = onOver
  }

  /** A SUBSCRIBE was accepted for `seconds`; what goes beyond `maxEvents` in one dialog is not told apart. */
  renewed(event: string, seconds: number): void {
    const key = this.#until.size < maxEvents || this.#until.has(event) ? event : ''
    // A terminating NOTIFY follows an expiry, so a little longer than agreed.
    this.#until.set(key, this.#core.clock.now() + seconds * 1000 + graceMs)
    this.#watch()
  }

  /** A NOTIFY has said that a subscription is terminated. */
  ended(event: string): void {
    this.#until.delete(event)
    if (this.#until.size === 0) this.#onOver()
  }

  /** The dialog is over. */
  stop(): void {
    this.#until.clear()
    this.#core.wheel.clear(this.#alarm)
  }

  ring(): void {
    const now = this.#core.clock.now()
    for (const [event, until] of this.#until) if (until <= now) this.#until.delete(event)
    if (this.#until.size === 0) this.#onOver()
    else this.#watch()
  }

  #watch(): void {
    this.#core.wheel.set(this.#alarm, 'subscription', Math.min(...this.#until.values()))
  }
}

const maxEvents = 8
const graceMs = 32_000
