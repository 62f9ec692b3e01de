import type { RequestOrder } from '../../ports.ts'
import type { SrfAck, SrfAnswer, SrfRequest } from './srf.ts'

/** A request that waits for our final response. */
export interface Incoming {
  readonly res: SrfAnswer
  readonly method: string
  /** The dialog it came in. */
  readonly dialog: string | undefined
  readonly dialogToBe: string
  /** Whether it came from an agent through the relay. */
  readonly fromAgent: boolean
}

/** A request of ours that waits for its final response. */
export interface Outgoing {
  readonly order: RequestOrder
  /** Known once the server has said that it was sent. */
  req: SrfRequest | undefined
  /** The Reason with which it is to be cancelled as soon as it was sent; empty for none. */
  cancelWith: string | undefined
  /** Takes the current deadline back. */
  disarm: () => void
}

/** What is open on a link, and what is known of its dialogs. */
export interface Book {
  readonly incoming: Map<string, Incoming>
  readonly outgoing: Map<string, Outgoing>
  /** What acknowledges the last 2xx of a dialog. */
  readonly acks: Map<string, SrfAck>
  /** Dialogs whose 2xx of ours waits for its ACK. */
  readonly unacked: Set<string>
  /** Dialogs with agents: their Contact is the public endpoint. */
  readonly withAgents: Set<string>
}

/** An empty book. */
export function createBook(): Book {
  return {
    incoming: new Map(),
    outgoing: new Map(),
    acks: new Map(),
    unacked: new Set(),
    withAgents: new Set(),
  }
}

/** Forgets a dialog that is over. */
export function forget(book: Book, dialog: string): void {
  book.acks.delete(dialog)
  book.unacked.delete(dialog)
  book.withAgents.delete(dialog)
}
