import type { ClientTx, Core, Received } from '../core.ts'
import { uacDialog } from '../dialog/create.ts'
import type { LiveDialog } from '../live-dialog.ts'
import type { SipRequest } from '../message/message.ts'
import { openDialog } from '../open-dialog.ts'
import { followSubscription, keepBySubscription } from '../subscriptions.ts'
import { peerOf } from './peer-of-client.ts'

/** A SUBSCRIBE of ours has its final response: a 2xx opens a dialog, unless a NOTIFY has done so (RFC 6665 §4.4.1). */
export function onSubscribed(
  core: Core,
  client: ClientTx,
  subscribe: SipRequest | undefined,
  { response, source }: Received,
): LiveDialog | undefined {
  const { context } = client
  const { leg } = context
  if (leg !== undefined && core.legs.get(leg) === client) core.legs.delete(leg)
  if (response.status >= 300 || subscribe === undefined) return undefined
  const plain = uacDialog(response, context.contact, peerOf(client, source))
  const before = context.dialog
  const isSame = before !== undefined && before.plain.remoteTag === plain.remoteTag
  if (isSame && before.isOver) return undefined
  const live = isSame ? before : openDialog(core, plain, false)
  context.dialog = live
  keepBySubscription(core, live)
  followSubscription(live, subscribe, response.headers.get('expires'))
  return live
}
