import type { Source } from '../api.ts'
import type { Core, ServerContext, ServerTx } from '../core.ts'
import { uasDialog } from '../dialog/create.ts'
import { isAt, movedTo, peerAt, refreshed, sequenced } from '../dialog/dialog.ts'
import { untilAck } from '../dialog/repeat.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { contactUri, cseq } from '../message/accessors.ts'
import type { SipRequest } from '../message/message.ts'
import { openDialog } from '../open-dialog.ts'
import { followSubscription, keepBySubscription } from '../subscriptions.ts'
import { cancelClient } from '../uac/cancel.ts'
import { hangUp } from '../uac/hang-up.ts'
import { Repeated } from './repeated.ts'

/** A response of ours as it left. */
export interface SentResponse {
  readonly status: number
  readonly bytes: Buffer
  /** Our Contact. */
  readonly contact: string
  /** Our Expires. */
  readonly expires: string | undefined
}

/** Draws the consequences of a response for dialogs; the id of the one that it created or belongs to. */
export function settle(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
): string | undefined {
  const { context, method } = server
  if (sent.status >= 200) forget(context)
  if (context.leg !== undefined) {
    return method === 'SUBSCRIBE'
      ? settleSubscription(core, server, request, sent, context.leg)
      : settleCall(core, server, request, sent, context.leg)
  }
  if (context.dialog === undefined) return undefined
  if (sent.status >= 200) settleInside(core, server, request, sent, context.dialog)
  return context.dialog.plain.id
}

function settleInside(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
  dialog: LiveDialog,
): void {
  const { method } = server
  if (dialog.theirInvite === server) dialog.theirInvite = undefined
  if (dialog.theirUpdate === server) dialog.theirUpdate = undefined
  if (!isSuccess(sent)) return
  followPeer(core, dialog, request, server.context.source)
  if (method === 'INVITE' || method === 'UPDATE') dialog.plain = refreshed(dialog.plain, contactUri(request))
  if (dialog.isOver) return
  followSubscription(dialog, request, sent.expires)
  if (method === 'INVITE') awaitAck(core, dialog, server, request, sent)
}

/** A request from elsewhere that was accepted came from the peer, e.g. a browser over its next connection. */
function followPeer(core: Core, live: LiveDialog, request: SipRequest, source: Source): void {
  const peer = peerAt(source)
  if (live.isOver || isAt(live.plain, peer)) return
  const taken = sequenced(live.plain, cseq(request)?.number ?? 0)
  live.plain = movedTo(taken.inOrder ? taken.dialog : live.plain, peer)
  if (request.method !== 'BYE') return
  if (live.ourInvite !== undefined) cancelClient(core, live.ourInvite, [])
  closeDialog(core, live)
}

function settleCall(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
  leg: string,
): string | undefined {
  const { context } = server
  const { status, contact } = sent
  if (status >= 200 && core.legs.get(leg) === server) core.legs.delete(leg)
  if (status >= 300) {
    core.refusedCalls.set(leg, { cseq: cseq(request)?.number ?? 0, server })
    if (context.dialog !== undefined) closeDialog(core, context.dialog)
    return undefined
  }
  if (status === 100 || context.tag === undefined) return undefined
  const live = context.dialog ?? open(core, server, request, contact)
  context.dialog = live
  if (status < 200) return live.plain.id
  if (live.plain.contact !== contact) live.plain = { ...live.plain, contact }
  live.isEarly = false
  live.theirInvite = undefined
  awaitAck(core, live, server, request, sent)
  return live.plain.id
}

/** RFC 6665 §4.2.1: the 2xx to a SUBSCRIBE makes the dialog in which the NOTIFYs go. */
function settleSubscription(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
  leg: string,
): string | undefined {
  if (sent.status < 200) return undefined
  if (core.legs.get(leg) === server) core.legs.delete(leg)
  const { source, tag } = server.context
  if (!isSuccess(sent) || tag === undefined) return undefined
  const live = openDialog(core, uasDialog(request, tag, sent.contact, peerAt(source)), false)
  server.context.dialog = live
  keepBySubscription(core, live)
  followSubscription(live, request, sent.expires)
  return live.plain.id
}

function forget(context: ServerContext): void {
  const { reliables, dialog } = context
  context.request = undefined
  if (reliables === undefined) return
  if (dialog !== undefined) dialog.unpracked = reliables.unpracked
  reliables.stop()
  context.reliables = undefined
}

function open(core: Core, server: ServerTx, request: SipRequest, contact: string): LiveDialog {
  const { source, tag = '' } = server.context
  const live = openDialog(core, uasDialog(request, tag, contact, peerAt(source)), true)
  live.theirInvite = server
  return live
}

function awaitAck(
  core: Core,
  live: LiveDialog,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
): void {
  const repeated = new Repeated(core, untilAck, {
    send: bytes => server.respond(sent.status, bytes),
    overdue() {
      live.answer = undefined
      if (live.heldBye !== undefined) closeDialog(core, live)
      else hangUp(core, live, live.isCancelledLate ? 'cancelled-after-answer' : 'ack-timeout')
    },
  })
  live.answer = { cseq: cseq(request)?.number ?? 0, transaction: server, repeated }
  repeated.begin(sent.bytes)
}

function isSuccess({ status }: SentResponse): boolean {
  return status >= 200 && status < 300
}
