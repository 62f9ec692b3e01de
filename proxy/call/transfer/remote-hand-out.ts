import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Order, OrderOutcome, Orders } from '../../../selector/store/store.ts'

export interface RemoteHandOutParts {
  readonly orders: Pick<Orders, 'give'>
  /** Connects a client of this door to a number; undefined when it is not here. Resolves to what the number would have answered. */
  readonly connect: (client: string, agent: string, number: string) => Promise<number> | undefined
  readonly clock: Clock
  readonly log: Log
}

type HandOutOrder = Extract<Order, { kind: 'hand-out' }>
type HandedOut = Extract<Order, { kind: 'handed-out' }>

/**
 * Connects a client to a number whose leg is at another door than that of the agent who wants it. A telephone rings for longer than an
 * answer to an order is waited for: the other door says at once that it has the client, and how it ended in an order of its own.
 */
export class RemoteHandOut {
  readonly #parts: RemoteHandOutParts
  /** Who waits for a word, by the name of the wish. */
  readonly #waiting = new Map<string, (status: number) => void>()

  constructor(parts: RemoteHandOutParts) {
    this.#parts = parts
  }

  /** Resolves to the status that the number would have answered; 481 when no door has the client, 504 when its door says nothing more. */
  async give(client: string, agent: string, number: string): Promise<number> {
    const { orders, clock } = this.#parts
    const wish = randomUUID()
    const told = new Promise<number>(resolve => this.#waiting.set(wish, resolve))
    let endWait: (() => void) | undefined
    try {
      const outcome = await orders.give({ kind: 'hand-out', call: client, from: agent, number, wish })
      if (outcome?.kind !== 'done') return 481
      endWait = clock.after(patienceMs, () => this.#waiting.get(wish)?.(504))
      return await told
    } finally {
      endWait?.()
      this.#waiting.delete(wish)
    }
  }

  /** Another door wants a client of this one connected; undefined when it is not here. */
  handOut({ call, from, number, wish }: HandOutOrder): OrderOutcome | undefined {
    const connected = this.#parts.connect(call, from, number)
    if (!connected) return undefined
    void this.#tell(wish, connected)
    return { kind: 'done', calls: [call] }
  }

  /** The other door has come to an end with it; undefined when nobody here waits for that. */
  handedOut({ wish, status }: HandedOut): OrderOutcome | undefined {
    const settle = this.#waiting.get(wish)
    settle?.(status)
    return settle && { kind: 'done', calls: [] }
  }

  async #tell(wish: string, connected: Promise<number>): Promise<void> {
    const { orders, log } = this.#parts
    try {
      const status = await connected.catch(() => 500)
      await orders.give({ kind: 'handed-out', wish, status })
    } catch (cause) {
      log.warn('transfer.not-told', { cause: messageOf(cause) })
    }
  }
}

/** How long the word of another door is waited for: somebody's telephone may ring for three minutes, and then a second one. */
const patienceMs = 400_000
