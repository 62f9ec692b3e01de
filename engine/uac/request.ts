import type { Ordered, Refusal, RequestParts, Sent } from '../api.ts'
import { mayLeave } from '../admission.ts'
import type { Core } from '../core.ts'
import { counted } from '../dialog/outgoing.ts'
import { dialogId } from '../dialog/dialog.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { longName } from '../message/headers.ts'
import { parseUri } from '../message/uri.ts'
import { cancelClient } from './cancel.ts'
import { composeInside, composeNew } from './compose.ts'
import { dialogHop, hopOf } from './hops.ts'
import { launch } from './launch.ts'

/** Carries out `Engine.request`. */
export function sendRequest(core: Core, parts: RequestParts): Ordered<Sent> {
  const { method, headers = [], body = '' } = parts
  if (method === 'ACK' || method === 'CANCEL') return refused('not-invite')
  if (body.length > 0 && !headers.some(([name]) => longName(name) === 'content-type')) {
    return refused('missing-content-type')
  }
  if (!mayLeave(core, method, parts.dialog !== undefined)) return refused('overloaded')
  return parts.dialog === undefined ? sendNew(core, parts) : sendInside(core, parts, parts.dialog)
}

function sendNew(core: Core, parts: RequestParts): Ordered<Sent> {
  const { method, uri, body, flow } = parts
  if (uri === undefined || parseUri(uri) === undefined) return refused('invalid-uri')
  const found = hopOf(core, parts)
  if (!found.ok) return found
  const composed = composeNew(core, parts, uri, found.hop)
  if (composed === undefined) return refused('invalid-header')
  const order = { method, composed, hop: found.hop, body, flow }
  if (method !== 'INVITE') return sentOf(launch(core, order))
  if (core.dialogs.size >= core.limits.dialogs) return refused('overloaded')
  const leg = dialogId(composed.callId, composed.fromTag)
  const launched = launch(core, { ...order, leg })
  if (launched.ok && !core.legs.has(leg)) core.legs.set(leg, launched.client)
  return sentOf(launched)
}

function sendInside(core: Core, parts: RequestParts, id: string): Ordered<Sent> {
  const live = core.dialogs.get(id)
  if (live === undefined) return refused('unknown-dialog')
  const found = dialogHop(core, live.plain, parts.flow)
  if (!found.ok) return found
  const { method, body, flow } = parts
  const next = counted(live.plain)
  const composed = composeInside(core, live, parts, next.localCSeq)
  const order = { method, composed, hop: found.hop, body, flow, dialog: live }
  const isGlare = method === 'INVITE' && isInviteOpen(live)
  const launched = launch(core, isGlare ? { ...order, failure: 491 } : order)
  if (!launched.ok) return launched
  live.plain = method === 'INVITE' || method === 'UPDATE' ? { ...next, contact: composed.contact } : next
  if (method === 'INVITE' && !isGlare) live.ourInvite = launched.client
  if (method === 'BYE') end(core, live)
  return sentOf(launched)
}

/** RFC 3261 §14.1: no INVITE while another one is open in the dialog, whoever sent it. */
function isInviteOpen(live: LiveDialog): boolean {
  return live.ourInvite !== undefined || live.theirInvite !== undefined || live.answer !== undefined
}

function end(core: Core, live: LiveDialog): void {
  if (live.ourInvite !== undefined) cancelClient(core, live.ourInvite, [])
  closeDialog(core, live)
}

function sentOf(launched: Ordered<Sent>): Ordered<Sent> {
  if (!launched.ok) return launched
  const { transaction, request, via } = launched
  return { ok: true, transaction, request, via }
}

function refused(refusal: Refusal): Ordered<Sent> {
  return { ok: false, refusal }
}
