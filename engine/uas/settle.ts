import type { Core, ServerTx } from '../core.ts'
import { uasDialog } from '../dialog/create.ts'
import { peerAt, refreshed } from '../dialog/dialog.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { contactUri } from '../message/accessors.ts'
import { cseq } from '../message/accessors.ts'
import type { SipRequest } from '../message/message.ts'
import { openDialog } from '../open-dialog.ts'
import { hangUp } from '../uac/hang-up.ts'
import { LiveAnswer } from './live-answer.ts'

/** A response of ours as it left. */
export interface SentResponse {
  readonly status: number
  readonly bytes: Buffer
  /** Our Contact. */
  readonly contact: string
}

/** Draws the consequences of a response for dialogs; the id of the one that it created or belongs to. */
export function settle(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  sent: SentResponse,
): string | undefined {
  const { context, method } = server
  const isFinal = sent.status >= 200
  if (isFinal) context.request = undefined
  if (context.leg !== undefined) return settleCall(core, server, request, sent, context.leg)
  const { dialog } = context
  if (dialog === undefined) return undefined
  const isTargetRefresh = method === 'INVITE' || method === 'UPDATE'
  if (isSuccess(sent) && isTargetRefresh) dialog.plain = refreshed(dialog.plain, contactUri(request))
  if (isFinal && dialog.theirInvite === server) dialog.theirInvite = undefined
  if (isSuccess(sent) && method === 'INVITE' && !dialog.isOver) awaitAck(core, dialog, server, request, sent)
  return dialog.plain.id
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
    if (context.dialog !== undefined) closeDialog(core, context.dialog)
    return undefined
  }
  if (status === 100 || context.tag === undefined) return undefined
  const live = context.dialog ?? open(core, server, request, contact)
  context.dialog = live
  if (status < 200) return live.plain.id
  live.plain = { ...live.plain, contact }
  live.isEarly = false
  live.theirInvite = undefined
  awaitAck(core, live, server, request, sent)
  return live.plain.id
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
  const { status, bytes } = sent
  live.answer = new LiveAnswer(core, server, { cseq: cseq(request)?.number ?? 0, status, bytes }, () => {
    live.answer = undefined
    hangUp(core, live, live.isCancelledLate ? 'cancelled-after-answer' : 'ack-timeout')
  })
}

function isSuccess({ status }: SentResponse): boolean {
  return status >= 200 && status < 300
}
