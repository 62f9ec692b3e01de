import type { Source } from '../api.ts'
import { mayCall, mayEnter, retryAfter } from '../admission.ts'
import type { Core, ServerContext, ServerTx } from '../core.ts'
import { dialogId } from '../message/dialog-id.ts'
import { dialogOf } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { contactUri } from '../message/accessors.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { methodLabel } from '../observe/engine-counts.ts'
import { serverKey } from '../transaction/key.ts'
import { ServerTransaction } from '../transaction/server-transaction.ts'
import { earlyNotified } from '../uac/notified.ts'
import { passThrough, wayThrough } from '../forward/through.ts'
import { receiveAck } from './ack.ts'
import { receiveCancel } from './cancel.ts'
import { demandRejection } from './extensions.ts'
import { enterDialog, later } from './in-dialog.ts'
import { incomingFrom, stamped, type Incoming } from './incoming.ts'
import { receivePrack } from './prack.ts'
import { replyStateless } from './reply.ts'

/** Why a request is not let in; it is answered without being kept. */
export interface Rejection {
  readonly status: number
  readonly reason?: string
  readonly headers?: readonly HeaderLine[]
}

/** A request has come in (RFC 3261 §8.2, §12.2.2, §17.2.3). */
export function receiveRequest(core: Core, request: SipRequest, source: Source): void {
  const incoming = incomingFrom(request, source)
  if (incoming === undefined) return
  const key = serverKey(incoming.via, incoming)
  const known = core.servers.byKey(key)
  if (incoming.method === 'ACK') return receiveAck(core, incoming, known)
  if (known !== undefined) {
    core.counts.repeatsIn.add()
    return known.receiveAgain()
  }
  if (incoming.method === 'CANCEL') return receiveCancel(core, incoming)
  const live =
    incoming.toTag === undefined ? undefined : (dialogOf(core, incoming) ?? earlyNotified(core, incoming))
  if (live === undefined) receiveOutside(core, incoming, key)
  else enter(core, incoming, key, live, rejectionInside(core, live, incoming, key))
}

function receiveOutside(core: Core, incoming: Incoming, key: string): void {
  if (isAhead(core, incoming)) return receiveAhead(core, incoming)
  const way = wayThrough(core, incoming)
  if (way !== undefined) return passThrough(core, incoming, key, way)
  enter(core, incoming, key, undefined, rejectionOf(core, incoming, undefined))
}

function enter(
  core: Core,
  incoming: Incoming,
  key: string,
  live: LiveDialog | undefined,
  rejection: Rejection | undefined,
): void {
  if (rejection !== undefined) return replyStateless(core, incoming.request, incoming.source, rejection)
  core.overload.count('admitted')
  admit(core, incoming, key, live)
}

/** Whether a request of somebody whom we call has overtaken the response by which we learn of the dialog. */
function isAhead({ legs }: Core, { callId, toTag }: Incoming): boolean {
  return toTag !== undefined && legs.has(dialogId(callId, toTag))
}

/** 481 would make its sender end the call (RFC 3261 §12.2.1.2). Over UDP it comes again, and finds the dialog then. */
function receiveAhead(core: Core, { request, source }: Incoming): void {
  if (source.transport !== 'udp') replyStateless(core, request, source, later(core))
}

/** Takes a request into its dialog, or says why not; the copy of an offer that was refused is refused for the same reason. */
function rejectionInside(
  core: Core,
  live: LiveDialog,
  incoming: Incoming,
  key: string,
): Rejection | undefined {
  const isOffer = incoming.method === 'INVITE' || incoming.method === 'UPDATE'
  if (isOffer && live.refused?.key === key) return live.refused.rejection
  const rejection = rejectionOf(core, incoming, live) ?? enterDialog(core, live, incoming)
  if (isOffer && rejection !== undefined) live.refused = { key, rejection }
  return rejection
}

function rejectionOf(core: Core, incoming: Incoming, live: LiveDialog | undefined): Rejection | undefined {
  const { request, method, source } = incoming
  if (!mayEnter(core, method, live !== undefined, source.address)) return overloaded(core, method)
  if (Number(request.headers.get('max-forwards') ?? 70) === 0) return { status: 483 }
  if (incoming.toTag !== undefined && live === undefined) return { status: 481 }
  // §8.2.2.1
  if (!ownSchemes.test(request.uri)) return { status: 416 }
  return demandRejection(core, request) ?? (opensDialog(incoming) ? callRejection(core, incoming) : undefined)
}

/** RFC 3261 §12.1, RFC 6665 §4.4.1. */
function opensDialog({ method, toTag }: Incoming): boolean {
  return toTag === undefined && (method === 'INVITE' || method === 'SUBSCRIBE')
}

function callRejection(core: Core, incoming: Incoming): Rejection | undefined {
  if (!mayCall(core)) return overloaded(core, incoming.method)
  if (contactUri(incoming.request) === undefined) return { status: 400, reason: 'Missing Contact' }
  // §8.2.2.2: the same call on another way, or one of ours that has come back.
  const leg = dialogId(incoming.callId, incoming.fromTag)
  const isMerged = core.refusedCalls.get(leg)?.cseq === incoming.cseq
  return isMerged || core.legs.has(leg) || core.dialogs.has(leg) ? { status: 482 } : undefined
}

/** The URI schemes that can name anybody here. */
const ownSchemes = /^(?:sips?|tel):/i

function overloaded(core: Core, method: string): Rejection {
  core.counts.shed.add(methodLabel(method))
  core.overload.count('shed')
  return { status: 503, headers: [['Retry-After', retryAfter(core)]] }
}

function admit(core: Core, incoming: Incoming, key: string, live: LiveDialog | undefined): void {
  const { method, source } = incoming
  const request = stamped(incoming.request, source)
  const leg = opensDialog(incoming) ? dialogId(incoming.callId, incoming.fromTag) : undefined
  const context: ServerContext = {
    source,
    leg,
    request,
    // The dialog's own copy: the text of the request must not live as long as its transaction.
    tag: live?.plain.localTag ?? incoming.toTag,
    dialog: live,
    reliables: undefined,
  }
  const { address, transport } = source
  const identity = { id: core.newId(), key, address, method, reliable: transport !== 'udp' }
  const server: ServerTx = new ServerTransaction(identity, context, core.serverOwner)
  core.servers.add(server)
  if (leg !== undefined) core.legs.set(leg, server)
  if (method === 'INVITE' && live !== undefined) live.theirInvite = server
  if (method === 'UPDATE' && live !== undefined) live.theirUpdate = server
  server.begin()
  const told = { kind: 'request', transaction: server.id, request, source } as const
  if (live === undefined) return core.emit(told)
  const tell = (): void => core.emit({ dialog: live.plain.id, ...told })
  if (method === 'PRACK') receivePrack(core, live, server, request, tell)
  else tell()
}
