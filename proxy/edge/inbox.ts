import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { EdgeEvent } from '../ports.ts'

/** Makes the event when its turn has come; undefined when there is nothing to tell any more. */
export type Tell = () => EdgeEvent | undefined

/** Hands the events of an edge to its one receiver: one at a time, in order, never from within an order. */
export class Inbox {
  readonly #log: Log
  readonly #waiting: Tell[] = []
  #receive: ((event: EdgeEvent) => void) | undefined
  #busy = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Events that came earlier follow in the next turn of the event loop: after `start` of the edge has resolved. */
  open(receive: (event: EdgeEvent) => void): void {
    setImmediate(() => {
      this.#receive = receive
      this.#drain()
    })
  }

  close(): void {
    this.#receive = () => undefined
    this.#waiting.length = 0
  }

  put(tell: Tell): void {
    this.#waiting.push(tell)
    if (!this.#busy) this.#drain()
  }

  /** Runs an order; what it causes is handed over after the order has returned. */
  during(order: () => void): void {
    if (this.#busy) return order()
    this.#busy = true
    try {
      order()
    } finally {
      this.#busy = false
      if (this.#waiting.length > 0) queueMicrotask(() => this.#drain())
    }
  }

  #drain(): void {
    const receive = this.#receive
    if (receive === undefined || this.#busy) return
    this.#busy = true
    for (let tell = this.#waiting.shift(); tell !== undefined; tell = this.#waiting.shift()) {
      try {
        const event = tell()
        if (event !== undefined) receive(event)
      } catch (cause) {
        this.#log.error('edge.event-failed', { cause: messageOf(cause) })
      }
    }
    this.#busy = false
  }
}
