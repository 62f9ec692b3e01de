import type { ClientTx, Core, ServerTx } from '../core.ts'
import { notifierDialog } from '../dialog/create.ts'
import { peerAt } from '../dialog/dialog.ts'
import { dialogId } from '../message/dialog-id.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { openDialog } from '../open-dialog.ts'
import { followSubscription, keepBySubscription } from '../subscriptions.ts'
import type { Incoming } from '../uas/incoming.ts'

/** The dialog of a NOTIFY that has overtaken the 2xx to our SUBSCRIBE: it makes the dialog as well (RFC 6665 §4.4.1). */
export function earlyNotified(core: Core, incoming: Incoming): LiveDialog | undefined {
  const { method, callId, toTag, request, source } = incoming
  if (method !== 'NOTIFY' || toTag === undefined) return undefined
  const leg = core.legs.get(dialogId(callId, toTag))
  const subscribe = leg !== undefined && isClient(leg) ? leg.context.request : undefined
  if (leg === undefined || !isClient(leg) || subscribe?.method !== 'SUBSCRIBE') return undefined
  if (leg.context.dialog !== undefined) return undefined
  const plain = notifierDialog(subscribe, request, leg.context.contact, peerAt(source))
  if (plain === undefined) return undefined
  const live = openDialog(core, plain, false)
  leg.context.dialog = live
  keepBySubscription(core, live)
  followSubscription(live, subscribe, undefined)
  return live
}

function isClient(leg: ServerTx | ClientTx): leg is ClientTx {
  return 'isProceeding' in leg.context
}
