import type { Source } from '../api.ts'
import type { ClientTx, Core, Received } from '../core.ts'
import { refreshed } from '../dialog/dialog.ts'
import { closeDialog, dialogOf } from '../dialogs.ts'
import { callId, contactUri, cseq, fromTag, toTag, topVia } from '../message/accessors.ts'
import type { SipResponse } from '../message/message.ts'
import { clientKey } from '../transaction/key.ts'
import { repeatAck } from './ack.ts'
import { onAccepted } from './accepted.ts'
import { sendCancel } from './cancel.ts'
import { onReliable } from './early.ts'

/** A response has come in. One that fits no transaction is dropped (RFC 3261 §18.1.2), but for copies of a 2xx that we acknowledged. */
export function receiveResponse(core: Core, response: SipResponse, source: Source): void {
  const branch = topVia(response)?.branch
  const method = cseq(response)?.method
  // §8.1.3.3: a second Via means that it was meant for somebody else.
  if (branch === undefined || method === undefined || response.headers.all('via').length > 1) return
  const client = core.clients.byKey(clientKey(branch, method))
  if (client !== undefined) client.receive(response.status, { response, source })
  else if (method === 'INVITE' && isSuccess(response.status)) onStray(core, response)
}

/** A response that its transaction passes up. */
export function onResponse(core: Core, client: ClientTx, received: Received): void {
  if (client.context.isOwn) return
  if (client.method === 'INVITE') onInviteResponse(core, client, received)
  else onOtherResponse(core, client, received)
}

/** An INVITE of ours has ended without a 2xx. */
export function forgetInvite(core: Core, client: ClientTx): void {
  const { context } = client
  const { leg, dialog } = context
  context.request = undefined
  if (leg !== undefined && core.legs.get(leg) === client) core.legs.delete(leg)
  if (dialog?.ourInvite === client) dialog.ourInvite = undefined
  if (leg !== undefined && dialog?.isEarly === true) closeDialog(core, dialog)
}

function onInviteResponse(core: Core, client: ClientTx, received: Received): void {
  const { status } = received.response
  if (isSuccess(status)) return onAccepted(core, client, received)
  if (status >= 300) {
    forgetInvite(core, client)
    return tell(core, client, received)
  }
  client.context.isProceeding = true
  sendCancel(core, client)
  const early = onReliable(core, client, received)
  tell(core, client, received, early?.plain.id)
}

function onOtherResponse(core: Core, client: ClientTx, received: Received): void {
  const { response } = received
  const { dialog } = client.context
  if (response.status >= 200) client.context.request = undefined
  // RFC 3311 §5.1: UPDATE refreshes the remote target as INVITE does.
  if (client.method === 'UPDATE' && dialog !== undefined && isSuccess(response.status)) {
    dialog.plain = refreshed(dialog.plain, contactUri(response))
  }
  tell(core, client, received)
}

/** A copy of a 2xx whose transaction is over is still answered by its ACK (§13.2.2.4). */
function onStray(core: Core, response: SipResponse): void {
  const tags = { callId: callId(response), fromTag: toTag(response) ?? '', toTag: fromTag(response) }
  const live = dialogOf(core, tags)
  if (live?.acknowledged !== undefined && live.acknowledged.cseq === cseq(response)?.number) {
    repeatAck(core, live)
  }
}

function tell(core: Core, client: ClientTx, { response, source }: Received, dialog?: string): void {
  const told = { kind: 'response', transaction: client.id, response, source } as const
  core.emit(dialog === undefined ? told : { ...told, dialog })
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}
