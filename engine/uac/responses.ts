import type { Source } from '../api.ts'
import type { ClientTx, Core, Received } from '../core.ts'
import { refreshed } from '../dialog/dialog.ts'
import { termsAsUac } from '../dialog/session-terms.ts'
import { closeDialog, dialogOf } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { keepSdp } from '../local-sdp.ts'
import { callId, contactUri, cseq, fromTag, toTag, topVia } from '../message/accessors.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { agree } from '../sessions.ts'
import { followSubscription } from '../subscriptions.ts'
import { onPassedResponse } from '../forward/relay.ts'
import { clientKey } from '../transaction/key.ts'
import { repeatAck } from './ack.ts'
import { onAccepted } from './accepted.ts'
import { failOver } from './again.ts'
import { sendCancel } from './cancel.ts'
import { onProvisional } from './early.ts'
import { hearLoad } from './overloaded.ts'
import { onOwnResponse } from './own.ts'
import { raised } from './raise.ts'
import { onSubscribed } from './subscribed.ts'

/** A response has come in. One that fits no transaction is dropped (RFC 3261 §18.1.2), but for copies of a 2xx that we acknowledged. */
export function receiveResponse(core: Core, response: SipResponse, source: Source): void {
  const branch = topVia(response)?.branch
  const method = cseq(response)?.method
  if (branch === undefined || method === undefined) return
  const client = core.clients.byKey(clientKey(branch, method))
  // §8.1.3.3: a second Via means that it was meant for somebody else, unless we have sent somebody's request on.
  if (client?.context.passing === undefined && response.headers.all('via').length > 1) return
  if (client !== undefined) client.receive(response.status, { response, source })
  else if (method === 'INVITE' && isSuccess(response.status)) onStray(core, response)
}

/** A response that its transaction passes up. */
export function onResponse(core: Core, client: ClientTx, received: Received): void {
  hearLoad(core, client.context.target, received.response)
  if (client.context.isOwn) onOwnResponse(core, client, received)
  else if (isRetried(core, client, received.response)) return
  else if (client.context.passing) onPassedResponse(core, client, received, client.context.passing)
  else if (client.method === 'INVITE') onInviteResponse(core, client, received)
  else onOtherResponse(core, client, received)
}

/** An INVITE of ours has ended without a 2xx. */
export function forgetInvite(core: Core, client: ClientTx): void {
  const { context } = client
  const { leg, dialog } = context
  context.request = undefined
  context.order = undefined
  if (leg !== undefined && core.legs.get(leg) === client) core.legs.delete(leg)
  if (dialog?.ourInvite === client) dialog.ourInvite = undefined
  if (leg !== undefined && dialog?.isEarly === true) closeDialog(core, dialog)
}

/** Whether the order goes on elsewhere (RFC 3263 §4.3), or with a longer session interval (RFC 4028 §7.3). */
function isRetried(core: Core, client: ClientTx, response: SipResponse): boolean {
  if (response.status === 503) return failOver(core, client, 'unavailable')
  return response.status === 422 && raised(core, client, response)
}

function onInviteResponse(core: Core, client: ClientTx, received: Received): void {
  const { status } = received.response
  if (isSuccess(status)) return onAccepted(core, client, received)
  if (status >= 300) {
    const { dialog, leg } = client.context
    forgetInvite(core, client)
    tell(core, client, received)
    if (leg === undefined) endWhenUnknown(core, dialog, client.method, status)
    return
  }
  client.context.isProceeding = true
  sendCancel(core, client)
  const early = onProvisional(core, client, received)
  if (early.kind === 'copy') return
  tell(core, client, received, early.kind === 'reliable' ? early.live.plain.id : undefined)
}

function onOtherResponse(core: Core, client: ClientTx, received: Received): void {
  const { response } = received
  const { status } = response
  const { context, method } = client
  const { request } = context
  if (status < 200) return tell(core, client, received)
  context.request = undefined
  context.order = undefined
  if (method === 'SUBSCRIBE' && context.leg !== undefined) {
    return tell(core, client, received, onSubscribed(core, client, request, received)?.plain.id)
  }
  const { dialog } = context
  if (dialog !== undefined && request !== undefined) settleInside(core, client, dialog, request, response)
  tell(core, client, received)
  endWhenUnknown(core, dialog, method, status)
}

function settleInside(
  core: Core,
  client: ClientTx,
  live: LiveDialog,
  request: SipRequest,
  response: SipResponse,
): void {
  if (live.ourUpdate === client) live.ourUpdate = undefined
  if (!isSuccess(response.status) || live.isOver) return
  keepSdp(live, request)
  followSubscription(live, request, response.headers.get('expires'))
  if (client.method !== 'UPDATE') return
  // RFC 3311 §5.1: UPDATE refreshes the remote target as INVITE does.
  live.plain = refreshed(live.plain, contactUri(response))
  if (!live.isEarly) agree(core, live, termsAsUac(response.headers), response)
}

/** RFC 3261 §12.2.1.2: the peer does not know the dialog any more. Some methods say 481 of less than a dialog (RFC 5057 §5). */
function endWhenUnknown(core: Core, live: LiveDialog | undefined, method: string, status: number): void {
  if (status === 481 && live !== undefined && !lesserMethods.has(method)) closeDialog(core, live)
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

const lesserMethods: ReadonlySet<string> = new Set(['PRACK', 'NOTIFY', 'SUBSCRIBE', 'REFER'])
