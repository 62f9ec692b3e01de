import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Engine } from '../api.ts'
import type { Book } from './book.ts'
import type { Cdrs } from './cdr.ts'

/** What the traffic between engine and applications needs. */
export interface Traffic {
  readonly engine: Engine
  readonly book: Book
  readonly cdrs: Cdrs
  readonly clock: Clock
  readonly log: Log
  /** Runs a task when the one that runs now is done, so that replies are written before what they cause. */
  readonly inTurn: (task: () => void) => void
  /** After this many ms without a connection to its peer a dialog is ended; undefined: never. */
  readonly hangUpAfterMs: number | undefined
}
