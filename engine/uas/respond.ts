import type { ListenerAddress, Ordered, Refusal, Responded, ResponseParts } from '../api.ts'
import { contactAt, targetOf } from '../addresses.ts'
import type { Core, ServerTx } from '../core.ts'
import { isToken } from '../message/grammar.ts'
import { longName } from '../message/headers.ts'
import type { SipRequest } from '../message/message.ts'
import { parseUri } from '../message/uri.ts'
import { written } from '../uac/launch.ts'
import { replyTo } from './reply.ts'
import { settle } from './settle.ts'

/** Carries out `Engine.respond`. */
export function respond(core: Core, id: string, parts: ResponseParts): Ordered<Responded> {
  const server = core.servers.byId(id)
  if (server === undefined) return refused('unknown-transaction')
  const { request } = server.context
  if (request === undefined) return refused('already-answered')
  if (isUntyped(parts)) return refused('missing-content-type')
  const listener = core.transports.route(targetOf(server.context.source))
  if (listener !== undefined) return answer(core, server, request, parts, listener)
  if (parts.status >= 200) giveUp(core, server, request)
  return refused('flow-closed')
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
  const tag = context.tag ?? parts.tag ?? core.random(8)
  const contact = contactAt(listener, parseUri(request.uri)?.user)
  const response = replyTo(request, {
    ...parts,
    tag,
    contact: needsContact(server.method, status) ? contact : undefined,
    server: core.userAgent,
  })
  const bytes = isToken(tag) ? written(response) : undefined
  if (bytes === undefined) return refused('invalid-header')
  if (status > 100) context.tag = tag
  server.respond(status, bytes)
  const said = response.headers.get('contact') ?? contact
  const dialog = settle(core, server, request, { status, bytes, contact: said })
  return dialog === undefined ? { ok: true, response } : { ok: true, response, dialog }
}

/** No response can reach the peer any more. */
function giveUp(core: Core, server: ServerTx, request: SipRequest): void {
  settle(core, server, request, { status: 487, bytes: Buffer.alloc(0), contact: '' })
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
