import { retryAfter } from '../admission.ts'
import type { ClientTx, Core, ServerTx } from '../core.ts'
import { isAt, peerAt, sequenced } from '../dialog/dialog.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { cancelClient } from '../uac/cancel.ts'
import type { Incoming } from './incoming.ts'
import type { Rejection } from './requests.ts'
import { respond } from './respond.ts'

/**
 * Takes a request into its dialog, or says why not; a BYE ends the dialog at once (RFC 3261 §12.2.2, §14.2, §15.1.2). What
 * comes from elsewhere changes nothing until it is accepted: whoever sent it may still have to prove who it is.
 */
export function enterDialog(core: Core, live: LiveDialog, incoming: Incoming): Rejection | undefined {
  const peer = peerAt(incoming.source)
  const hasMoved = !isAt(live.plain, peer)
  if (hasMoved && core.newFlow === 'refuse') return { status: 403 }
  const taken = sequenced(live.plain, incoming.cseq)
  if (!taken.inOrder) return { status: 500 }
  // Our BYE only waits for an ACK; nothing but that and the peer's own BYE matters any more.
  if (live.heldBye !== undefined && incoming.method !== 'BYE') return { status: 481 }
  const overlap = overlapOf(core, live, incoming)
  if (overlap !== undefined) return overlap
  if (hasMoved) return undefined
  live.plain = taken.dialog
  if (incoming.method === 'BYE') end(core, live)
  return undefined
}

function overlapOf(core: Core, live: LiveDialog, { method, request }: Incoming): Rejection | undefined {
  if (method === 'INVITE') return inviteOverlap(core, live)
  return method === 'UPDATE' ? updateOverlap(core, live, request.body.length > 0) : undefined
}

function inviteOverlap(core: Core, live: LiveDialog): Rejection | undefined {
  if (live.theirInvite !== undefined || hasOffer(live.theirUpdate)) return later(core)
  // Our 2xx still waits for its ACK, or our own offer for its answer.
  return live.answer !== undefined || live.ourInvite !== undefined || hasOffer(live.ourUpdate)
    ? { status: 491 }
    : undefined
}

/** RFC 3311 §5.2: one UPDATE at a time, and no offer while another one waits for its answer. */
function updateOverlap(core: Core, live: LiveDialog, isOffer: boolean): Rejection | undefined {
  const { theirUpdate, theirInvite, ourUpdate, ourInvite } = live
  if (theirUpdate !== undefined) return later(core)
  if (!isOffer) return undefined
  if (theirInvite !== undefined && theirInvite.context.reliables?.hasAnswered !== true) return later(core)
  if (hasOffer(ourUpdate)) return { status: 491 }
  return ourInvite !== undefined && !ourInvite.context.isOfferAnswered ? { status: 491 } : undefined
}

function hasOffer(update: ClientTx | ServerTx | undefined): boolean {
  return (update?.context.request?.body.length ?? 0) > 0
}

/** Not now, but not never either (RFC 3261 §14.2). */
export function later(core: Core): Rejection {
  return { status: 500, headers: [['Retry-After', retryAfter(core)]] }
}

function end(core: Core, live: LiveDialog): void {
  const pending = live.theirInvite
  // Its 487 may never come, and it would ring on for ringMs.
  if (live.ourInvite !== undefined) cancelClient(core, live.ourInvite, [])
  closeDialog(core, live)
  if (pending === undefined) return
  pending.context.reliables?.stop()
  respond(core, pending.id, { status: 487 })
}
