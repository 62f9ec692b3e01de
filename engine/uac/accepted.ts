import type { ClientTx, Core, Received } from '../core.ts'
import { uacDialog } from '../dialog/create.ts'
import { refreshed } from '../dialog/dialog.ts'
import { termsAsUac } from '../dialog/session-terms.ts'
import { LiveDialog } from '../live-dialog.ts'
import { keepSdp } from '../local-sdp.ts'
import { contactUri, cseq, toTag } from '../message/accessors.ts'
import { openDialog } from '../open-dialog.ts'
import { agree } from '../sessions.ts'
import { repeatAck, sendAck } from './ack.ts'
import { sendBye } from './hang-up.ts'
import { peerOf } from './peer-of-client.ts'

/** A 2xx to an INVITE of ours: the first one is told, copies are acknowledged again, those of other forks are ended (RFC 3261 §13.2.2.4). */
export function onAccepted(core: Core, client: ClientTx, received: Received): void {
  const { context } = client
  if (context.request !== undefined) return onFirst(core, client, received)
  const tag = toTag(received.response) ?? ''
  if (context.dialog !== undefined && context.dialog.plain.remoteTag !== tag) {
    return onFork(core, client, received, tag)
  }
  const number = cseq(received.response)?.number
  if (context.dialog?.acknowledged?.cseq === number && context.dialog !== undefined) {
    repeatAck(core, context.dialog)
  }
}

function onFirst(core: Core, client: ClientTx, received: Received): void {
  const { context, id } = client
  const number = cseq(received.response)?.number ?? 0
  const live = context.leg === undefined ? context.dialog : opened(core, client, received)
  const invite = context.request
  context.request = undefined
  context.order = undefined
  if (live === undefined) return
  context.dialog = live
  if (context.leg === undefined) live.plain = refreshed(live.plain, contactUri(received.response))
  if (live.ourInvite === client) live.ourInvite = undefined
  live.acknowledged = undefined
  // The call ended while its re-INVITE was open; the peer still waits for the ACK.
  if (live.isOver) sendAck(core, live, number, {})
  else {
    const isRace = context.leg !== undefined && context.cancel !== undefined
    live.toAcknowledge = { cseq: number, transaction: id, isRace }
    agree(core, live, termsAsUac(received.response.headers), received.response)
    if (invite !== undefined) keepSdp(live, invite)
  }
  const { response, source } = received
  core.emit({ kind: 'response', transaction: id, dialog: live.plain.id, response, source })
}

/** The dialog of a call of ours that has been answered; its early dialog becomes it when the tags are the same. */
function opened(core: Core, client: ClientTx, { response, source }: Received): LiveDialog {
  const { context } = client
  if (context.leg !== undefined && core.legs.get(context.leg) === client) core.legs.delete(context.leg)
  const plain = uacDialog(response, context.contact, peerOf(client, source))
  const early = context.dialog
  if (early === undefined || early.isOver || early.plain.remoteTag !== plain.remoteTag) {
    return openDialog(core, plain, false)
  }
  const { localCSeq, remoteCSeq } = early.plain
  early.plain = { ...plain, localCSeq: Math.max(localCSeq, plain.localCSeq), remoteCSeq }
  early.isEarly = false
  return early
}

/** Somebody else has answered too. Forks are few; what goes beyond `maxForks` gets no answer and gives up by itself. */
function onFork(core: Core, client: ClientTx, { response, source }: Received, tag: string): void {
  const { context } = client
  context.forks ??= new Map()
  const known = context.forks.get(tag)
  if (known !== undefined) return repeatAck(core, known)
  if (context.forks.size >= maxForks || context.leg === undefined) return
  const plain = uacDialog(response, context.contact, peerOf(client, source))
  // Never in the table: it has the id of the call that goes on.
  const fork = new LiveDialog(plain, false, () => undefined)
  context.forks.set(tag, fork)
  sendAck(core, fork, plain.localCSeq, {})
  sendBye(core, fork, 'SIP ;cause=200 ;text="Call completed elsewhere"')
  fork.isOver = true
}

const maxForks = 8
