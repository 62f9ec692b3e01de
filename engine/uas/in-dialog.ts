import { retryAfter } from '../admission.ts'
import type { Core } from '../core.ts'
import { isAt, movedTo, peerAt, sequenced } from '../dialog/dialog.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import type { Incoming } from './incoming.ts'
import type { Rejection } from './requests.ts'
import { respond } from './respond.ts'

/** Takes a request into its dialog, or says why not; a BYE ends the dialog at once (RFC 3261 §12.2.2, §14.2, §15.1.2). */
export function enterDialog(core: Core, live: LiveDialog, incoming: Incoming): Rejection | undefined {
  const peer = peerAt(incoming.source)
  const hasMoved = !isAt(live.plain, peer)
  if (hasMoved && core.newFlow === 'refuse') return { status: 403 }
  const taken = sequenced(live.plain, incoming.cseq)
  if (!taken.inOrder) return { status: 500 }
  const overlap = incoming.method === 'INVITE' ? overlapOf(core, live) : undefined
  if (overlap !== undefined) return overlap
  live.plain = hasMoved ? movedTo(taken.dialog, peer) : taken.dialog
  if (incoming.method === 'BYE') end(core, live)
  return undefined
}

function overlapOf(core: Core, live: LiveDialog): Rejection | undefined {
  if (live.theirInvite !== undefined) return { status: 500, headers: [['Retry-After', retryAfter(core)]] }
  // Our 2xx still waits for its ACK, or our own INVITE for its response.
  return live.answer !== undefined || live.ourInvite !== undefined ? { status: 491 } : undefined
}

function end(core: Core, live: LiveDialog): void {
  const pending = live.theirInvite
  closeDialog(core, live)
  if (pending !== undefined) respond(core, pending.id, { status: 487 })
}
