import type { ServerTx } from '../core.ts'

/** For whom a request was sent on. */
export interface Passing {
  readonly server: ServerTx
  /** Inside a dialog that we are on the way of: the application is told nothing. */
  readonly isThrough: boolean
  /** What shows in our Via that the request has been here. */
  readonly loop: string
}
