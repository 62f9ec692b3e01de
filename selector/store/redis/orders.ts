import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Keys } from '../keys.ts'
import { MemoryOrders } from '../memory/orders.ts'
import { fromJson, orderMessage, type OrderMessage } from '../schemas.ts'
import type { Order, OrderOutcome, Orders } from '../store.ts'
import type { Connection } from './connection.ts'
import type { RedisSessions } from './sessions.ts'

export interface OrderParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly sessions: Pick<RedisSessions, 'has'>
  readonly clock: Clock
  readonly log: Log
}

/** Orders to the doors of a fleet, and their answers, over one channel that every process listens to. */
export class RedisOrders implements Orders {
  readonly #parts: OrderParts
  readonly #own = new MemoryOrders()
  readonly #waiting = new Map<string, (outcome: OrderOutcome | undefined) => void>()
  #unsubscribe = (): void => undefined

  constructor(parts: OrderParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { connection, keys, log } = this.#parts
    this.#unsubscribe = await connection.subscribe(keys.orders, text => {
      this.#heard(text).catch((cause: unknown) => log.warn('order.failed', { cause: messageOf(cause) }))
    })
  }

  stop(): void {
    this.#unsubscribe()
    for (const settle of this.#waiting.values()) settle(undefined)
  }

  async give(order: Order): Promise<OrderOutcome | undefined> {
    // Before it is told: a call that is hung up by it has gone from the list when its door says so.
    if ('call' in order && !(await this.#parts.sessions.has(order.call))) return undefined
    const id = randomUUID()
    const answered = new Promise<OrderOutcome | undefined>(resolve => this.#waiting.set(id, resolve))
    const endWait = this.#parts.clock.after(patienceMs, () => this.#waiting.get(id)?.(undefined))
    try {
      await this.#say({ id, order })
      return await answered
    } finally {
      endWait()
      this.#waiting.delete(id)
    }
  }

  take(carryOut: (order: Order) => Promise<OrderOutcome | undefined>): () => void {
    return this.#own.take(carryOut)
  }

  async #heard(text: string): Promise<void> {
    const message = fromJson(orderMessage, text)
    if (message === undefined) return
    if ('outcome' in message) return this.#waiting.get(message.id)?.(message.outcome)
    const outcome = await this.#own.give(message.order)
    if (outcome !== undefined) await this.#say({ id: message.id, outcome })
  }

  async #say(message: OrderMessage): Promise<void> {
    const { connection, keys } = this.#parts
    await connection.ask(redis => redis.publish(keys.orders, JSON.stringify(message)))
  }
}

/** How long the doors have to answer: longer than a move takes that asks several servers. */
const patienceMs = 10_000
