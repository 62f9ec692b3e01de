import type { Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Inbox } from '../inbox.ts'
import type { AgentRelay } from './agent-relay.ts'
import type { Book } from './book.ts'
import type { Faces } from './events.ts'
import type { Link } from './link.ts'

/** What both directions of the edge work with. */
export interface Desk {
  readonly book: Book
  readonly inbox: Inbox
  readonly relay: AgentRelay
  readonly faces: Faces
  readonly clock: Clock
  readonly log: Log
  /** How long the server may take to say what became of an order. */
  readonly deadlineMs: number
  /** The open link; undefined while there is none. */
  link: Link | undefined
}

/** Ends a dialog that the call logic does not have. */
export function hangUp({ link, log }: Desk, dialog: string): void {
  link?.request({ method: 'BYE', uri: 'sip:placeholder', headers: {}, stackDialogId: dialog }, refusal => {
    if (refusal !== undefined) log.info('edge.bye-refused', { dialog, refusal })
  })
}

/** Frames above this break a drachtio-server when they come close together. */
const safeFrameBytes = 4096

/** Warns of a message that a drachtio-server may not take. */
export function warnOfSize(
  { log }: Desk,
  what: string,
  headers: Record<string, string>,
  body: string | undefined,
): void {
  let bytes = 100 + Buffer.byteLength(body ?? '')
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4
  if (bytes > safeFrameBytes) log.warn('edge.large-frame', { what, bytes, safe: safeFrameBytes })
}
