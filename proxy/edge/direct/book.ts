/** An INVITE outside dialogs that has no final response yet. */
export interface OpenInvite {
  readonly dialogToBe: string
}

/** The open transactions of a direct edge. */
export interface Book {
  /** By the engine's id. */
  readonly invites: Map<string, OpenInvite>
  sent(order: string, engine: string): void
  /** The engine's id of an order; undefined when it is over. */
  engineId(order: string): string | undefined
  /** The order's id of one of the engine's; undefined when it is not ours or over. */
  orderId(engine: string): string | undefined
  over(engine: string): void
}

/** An empty book. */
export function createBook(): Book {
  const byOrder = new Map<string, string>()
  const byEngine = new Map<string, string>()
  return {
    invites: new Map(),
    sent(order, engine) {
      byOrder.set(order, engine)
      byEngine.set(engine, order)
    },
    engineId: order => byOrder.get(order),
    orderId: engine => byEngine.get(engine),
    over(engine) {
      const order = byEngine.get(engine)
      if (order !== undefined) byOrder.delete(order)
      byEngine.delete(engine)
    },
  }
}
