import type { DialogEnd, ListenerAddress, Ordered, Refusal, Responded, ResponseParts } from '../api.ts'
import { contactAt, targetOf } from '../addresses.ts'
import type { Core, ServerTx } from '../core.ts'
import { keepSdp } from '../local-sdp.ts'
import { isToken } from '../message/grammar.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipRequest, SipResponse } from '../message/message.ts'
import { parseUri } from '../message/uri.ts'
import { agree } from '../sessions.ts'
import { hangUp } from '../uac/hang-up.ts'
import { written } from '../uac/written.ts'
import { reliabilityOf, sendReliably, type Reliability } from './reliability.ts'
import { replyTo } from './reply.ts'
import { statedSession, type StatedSession } from './session.ts'
import { settle, type SentResponse } from './settle.ts'

/** Carries out `Engine.respond`. */
export function respond(core: Core, id: string, parts: ResponseParts): Ordered<Responded> {
  const server = core.servers.byId(id)
  if (server === undefined) return refused('unknown-transaction')
  const { request, reliables } = server.context
  if (request === undefined || reliables?.isAnswering === true) return refused('already-answered')
  if (isUntyped(parts)) return refused('missing-content-type')
  const listener = core.transports.route(targetOf(server.context.source))
  if (listener !== undefined) return answer(core, server, request, parts, listener)
  if (parts.status >= 200) giveUp(core, server, request)
  return refused('flow-closed')
}

/**
 * Refuses an INVITE for a reason of the engine's own. When the application has accepted it and its 2xx still waits for a PRACK, it
 * is told that the call has ended; true if so.
 */
export function withdraw(core: Core, server: ServerTx, reason: DialogEnd, refusal: ResponseParts): boolean {
  const { reliables, dialog, leg } = server.context
  const isPromised = reliables?.isAnswering === true && leg !== undefined
  reliables?.stop()
  respond(core, server.id, refusal)
  if (!isPromised || dialog === undefined) return false
  hangUp(core, dialog, reason)
  return true
}

function answer(
  core: Core,
  server: ServerTx,
  request: SipRequest,
  parts: ResponseParts,
  listener: ListenerAddress,
): Ordered<Responded> {
  const { context } = server
  const { status } = parts
  const reliability = reliabilityOf(core, server, request, parts, () => unheard(core, server))
  if (reliability === 'not-supported') return refused('no-100rel')
  const session = statedSession(core, server, request, parts)
  const tag = context.tag ?? parts.tag ?? core.random(8)
  const { reason, body } = parts
  const response = replyTo(request, {
    status,
    reason,
    headers: headersOf(parts, reliability, session),
    body,
    tag,
    contact: needsContact(server.method, status)
      ? contactAt(listener, parseUri(request.uri)?.user)
      : undefined,
    server: core.userAgent,
    feedback: core.overload.feedback(),
  })
  const bytes = isToken(tag) ? written(response) : undefined
  if (bytes === undefined) return refused('invalid-header')
  if (status > 100) context.tag = tag
  const { headers } = response
  const contact = headers.get('contact') ?? ''
  const sent = { status, bytes, contact, expires: headers.get('expires') }
  const ready = { core, server, request, response, sent, session }
  return reliability === undefined ? send(ready) : sendEarly(ready, reliability)
}

/** A response that may leave. */
interface Ready {
  readonly core: Core
  readonly server: ServerTx
  readonly request: SipRequest
  readonly response: SipResponse
  readonly sent: SentResponse
  readonly session: StatedSession | undefined
}

function send(ready: Ready): Ordered<Responded> {
  const { core, server, request, response, sent, session } = ready
  const { context } = server
  let dialog = context.dialog?.plain.id
  const go = (): void => {
    server.respond(sent.status, sent.bytes)
    dialog = settle(core, server, request, sent)
    if (session === undefined || context.dialog === undefined || context.dialog.isOver) return
    agree(core, context.dialog, session.terms, request)
    keepSdp(context.dialog, response)
  }
  const mustWait = sent.status >= 200 && sent.status < 300 && context.reliables !== undefined
  if (mustWait) context.reliables?.answer(go)
  else go()
  return dialog === undefined ? { ok: true, response } : { ok: true, response, dialog }
}

function sendEarly(ready: Ready, reliability: Reliability): Ordered<Responded> {
  const { core, server, request, response, sent } = ready
  if (!sendReliably(server, response, sent, reliability)) return refused('overloaded')
  const dialog = settle(core, server, request, sent)
  if (server.context.dialog !== undefined) keepSdp(server.context.dialog, response)
  return dialog === undefined ? { ok: true, response } : { ok: true, response, dialog }
}

function headersOf(
  { headers = [] }: ResponseParts,
  reliability: Reliability | undefined,
  session: StatedSession | undefined,
): readonly HeaderLine[] {
  if (reliability !== undefined) {
    const given = headers.filter(([name]) => longName(name) !== 'rseq')
    return reliability.isOwn
      ? [...given, ['Require', '100rel'], ['RSeq', String(reliability.rseq)]]
      : [...given, ['RSeq', String(reliability.rseq)]]
  }
  if (session === undefined) return headers
  return [...headers.filter(([name]) => longName(name) !== 'session-expires'), ...session.lines]
}

/** RFC 3262 §3: no PRACK came, so the caller does not hear us. */
function unheard(core: Core, server: ServerTx): void {
  core.log.info('sip.prack-missing', { transaction: server.id })
  withdraw(core, server, 'ack-timeout', { status: 500, reason: 'PRACK Timeout' })
}

/** No response can reach the peer any more. */
function giveUp(core: Core, server: ServerTx, request: SipRequest): void {
  settle(core, server, request, { status: 487, bytes: Buffer.alloc(0), contact: '', expires: undefined })
  server.drop()
}

function isUntyped({ body = '', headers = [] }: ResponseParts): boolean {
  return body.length > 0 && !headers.some(([name]) => longName(name) === 'content-type')
}

/** RFC 3261 §12.1.1, RFC 3311 §5.2, RFC 6665 §4.2.1. */
function needsContact(method: string, status: number): boolean {
  if (method === 'INVITE' || method === 'SUBSCRIBE') return status > 100 && status < 300
  return method === 'UPDATE' && status >= 200 && status < 300
}

function refused(refusal: Refusal): Ordered<Responded> {
  return { ok: false, refusal }
}
