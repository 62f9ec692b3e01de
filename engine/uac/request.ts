import type { ListenerAddress, Ordered, Refusal, RequestParts, Sent } from '../api.ts'
import { mayCall, mayLeave } from '../admission.ts'
import type { ClientTx, Core } from '../core.ts'
import { counted } from '../dialog/outgoing.ts'
import { movedTo, type Peer } from '../dialog/dialog.ts'
import { dialogId } from '../message/dialog-id.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { longName } from '../message/headers.ts'
import { parseUri } from '../message/uri.ts'
import { respond } from '../uas/respond.ts'
import { cancelClient } from './cancel.ts'
import { composeInside, composeNew, refreshMethods } from './compose.ts'
import { depart } from './depart.ts'
import { dialogHop, hopOf } from './hops.ts'
import { launch } from './launch.ts'
import { peerKeyOf } from './overloaded.ts'
import { isInviteOpen } from './refresh.ts'
import { written } from './written.ts'

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
  if (!core.overload.mayGo(peerKeyOf(found.hop))) return refused('overloaded')
  if (method !== 'INVITE' && method !== 'SUBSCRIBE') return sentOf(launch(core, order))
  if (!mayCall(core)) return refused('overloaded')
  const leg = dialogId(composed.callId, composed.fromTag)
  const launched = launch(core, { leg, isTimed: composed.isTimed, ...order })
  if (launched.ok && !core.legs.has(leg)) core.legs.set(leg, launched.client)
  return sentOf(launched)
}

function sendInside(core: Core, parts: RequestParts, id: string): Ordered<Sent> {
  const live = core.dialogs.get(id)
  if (live === undefined || live.heldBye !== undefined) return refused('unknown-dialog')
  const found = dialogHop(core, live.plain, parts.flow)
  if (!found.ok) return found
  const { hop } = found
  const { method, body = '', flow } = parts
  const next = counted(live.plain)
  const composed = composeInside(core, live, parts, next.localCSeq)
  const isOffer = body.length > 0
  const failure = failureOf(live, method, isOffer)
  // RFC 3261 §15: no BYE before the ACK of our 2xx.
  const isHeld = method === 'BYE' && live.answer !== undefined
  const order = { method, composed, hop, body, flow, dialog: live, isHeld }
  const launched = launch(core, failure === undefined ? order : { failure, ...order })
  if (!launched.ok) return launched
  const known = flow === undefined ? next : movedTo(next, overFlow(next.peer, flow, hop.listener))
  live.plain = refreshMethods.has(method) ? { ...known, contact: composed.contact } : known
  if (isHeld) hold(core, live, launched.client)
  else if (failure !== 491) follow(core, live, launched.client, isOffer)
  return sentOf(launched)
}

/** The application knows that the peer is at a connection now; an ACK must go there too. */
function overFlow(peer: Peer, flow: string, { transport, name }: ListenerAddress): Peer {
  return { ...peer, transport, listener: name, flow }
}

/** What a request that has left means for its dialog. */
function follow(core: Core, live: LiveDialog, client: ClientTx, hasOffer: boolean): void {
  if (client.method === 'INVITE') live.ourInvite = client
  else if (client.method === 'UPDATE' && hasOffer) live.ourUpdate = client
  else if (client.method === 'BYE') end(core, live)
}

/** In what a request ends that must not leave. */
function failureOf(live: LiveDialog, method: string, hasOffer: boolean): 481 | 491 | undefined {
  if (isInTheWay(live, method, hasOffer)) return 491
  // RFC 3261 §15: whoever is called hangs up an early dialog by a refusal.
  return method === 'BYE' && live.isEarly && live.plain.role === 'uas' ? 481 : undefined
}

/** RFC 3261 §14.1, RFC 3311 §5.1: no offer while another exchange is open in the dialog, whoever began it. */
function isInTheWay(live: LiveDialog, method: string, hasOffer: boolean): boolean {
  if (method === 'INVITE') return isInviteOpen(live) || live.ourUpdate !== undefined
  if (method !== 'UPDATE' || !hasOffer) return false
  const { ourUpdate, ourInvite, theirInvite } = live
  return (
    ourUpdate !== undefined ||
    (ourInvite !== undefined && !ourInvite.context.isOfferAnswered) ||
    (theirInvite !== undefined && theirInvite.context.reliables?.hasAnswered !== true)
  )
}

/** Lets the BYE go when the ACK is there, or when nobody waits for it any more. */
function hold(core: Core, live: LiveDialog, client: ClientTx): void {
  live.heldBye = () => {
    live.heldBye = undefined
    const { request } = client.context
    const bytes = request && written(request)
    if (bytes !== undefined) depart(core, client, bytes)
  }
}

/** Whoever hangs up before the answer has left refuses or cancels the call. */
function end(core: Core, live: LiveDialog): void {
  const unanswered = live.isEarly ? live.theirInvite : undefined
  if (live.ourInvite !== undefined) cancelClient(core, live.ourInvite, [])
  closeDialog(core, live)
  if (unanswered === undefined) return
  unanswered.context.reliables?.stop()
  respond(core, unanswered.id, { status: 480 })
}

function sentOf(launched: Ordered<Sent>): Ordered<Sent> {
  if (!launched.ok) return launched
  const { transaction, request, via } = launched
  return { ok: true, transaction, request, via }
}

function refused(refusal: Refusal): Ordered<Sent> {
  return { ok: false, refusal }
}
