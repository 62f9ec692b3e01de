import type { Source } from '../api.ts'
import { mayCall, mayEnter, retryAfter } from '../admission.ts'
import type { Core, ServerContext, ServerTx } from '../core.ts'
import { dialogId } from '../dialog/dialog.ts'
import { dialogOf } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { contactUri } from '../message/accessors.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { serverKey } from '../transaction/key.ts'
import { ServerTransaction } from '../transaction/server-transaction.ts'
import { receiveAck } from './ack.ts'
import { receiveCancel } from './cancel.ts'
import { enterDialog } from './in-dialog.ts'
import { incomingFrom, stamped, type Incoming } from './incoming.ts'
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
  if (known !== undefined) return known.receiveAgain()
  if (incoming.method === 'CANCEL') return receiveCancel(core, incoming)
  const live = incoming.toTag === undefined ? undefined : dialogOf(core, incoming)
  const rejection = rejectionOf(core, incoming, live) ?? (live && enterDialog(core, live, incoming))
  if (rejection !== undefined) return replyStateless(core, request, source, rejection)
  admit(core, incoming, key, live)
}

function rejectionOf(core: Core, incoming: Incoming, live: LiveDialog | undefined): Rejection | undefined {
  const { request, method, source } = incoming
  if (!mayEnter(core, method, live !== undefined, source.address)) return overloaded(core)
  if (Number(request.headers.get('max-forwards') ?? 70) === 0) return { status: 483 }
  if (incoming.toTag !== undefined) return live === undefined ? { status: 481 } : undefined
  return method === 'INVITE' ? callRejection(core, incoming) : undefined
}

function callRejection(core: Core, incoming: Incoming): Rejection | undefined {
  if (!mayCall(core)) return overloaded(core)
  if (contactUri(incoming.request) === undefined) return { status: 400, reason: 'Missing Contact' }
  // §8.2.2.2: the same call on another way, or one of ours that has come back.
  const leg = dialogId(incoming.callId, incoming.fromTag)
  return core.legs.has(leg) || core.dialogs.has(leg) ? { status: 482 } : undefined
}

function overloaded(core: Core): Rejection {
  return { status: 503, headers: [['Retry-After', retryAfter(core)]] }
}

function admit(core: Core, incoming: Incoming, key: string, live: LiveDialog | undefined): void {
  const { method, source } = incoming
  const request = stamped(incoming.request, source)
  const isCall = method === 'INVITE' && live === undefined
  const leg = isCall ? dialogId(incoming.callId, incoming.fromTag) : undefined
  const context: ServerContext = { source, leg, request, tag: incoming.toTag, dialog: live }
  const identity = {
    id: core.newId(),
    key,
    address: source.address,
    method,
    reliable: source.transport !== 'udp',
  }
  const server: ServerTx = new ServerTransaction(identity, context, core.serverOwner)
  core.servers.add(server)
  if (leg !== undefined) core.legs.set(leg, server)
  if (method === 'INVITE' && live !== undefined) live.theirInvite = server
  server.begin()
  const told = { kind: 'request', transaction: server.id, request, source } as const
  core.emit(live === undefined ? told : { ...told, dialog: live.plain.id })
}
