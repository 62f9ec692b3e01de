import type { Order, OrderOutcome, Orders } from '../store.ts'

type CarryOut = (order: Order) => Promise<OrderOutcome | undefined>

/** Orders within one process. */
export class MemoryOrders implements Orders {
  readonly #doors = new Set<CarryOut>()

  async give(order: Order): Promise<OrderOutcome | undefined> {
    const outcomes = await Promise.all([...this.#doors].map(carryOut => carryOut(order)))
    return outcomes.find(outcome => outcome !== undefined)
  }

  take(carryOut: CarryOut): () => void {
    this.#doors.add(carryOut)
    return () => this.#doors.delete(carryOut)
  }
}
