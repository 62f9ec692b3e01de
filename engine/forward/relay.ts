import type { Ordered, Responded } from '../api.ts'
import type { ClientTx, Core, Received, ServerTx } from '../core.ts'
import { response as build } from '../message/build.ts'
import type { HeaderLine, SipResponse } from '../message/message.ts'
import { splitList, tagOf } from '../message/name-addr.ts'
import { sendCancel } from '../uac/cancel.ts'
import { written } from '../uac/written.ts'
import type { Passing } from './passing.ts'

/** Carries out `Engine.relay`. */
export function relay(core: Core, id: string, response: SipResponse): Ordered<Responded> {
  const server = core.servers.byId(id)
  if (server === undefined) return { ok: false, refusal: 'unknown-transaction' }
  if (server.context.request === undefined) return { ok: false, refusal: 'already-answered' }
  const sent = passBack(core, server, response)
  return sent === undefined ? { ok: false, refusal: 'invalid-header' } : { ok: true, response: sent }
}

/** A response to a request that was sent on (RFC 3261 §16.7): what cannot wait goes back at once, of a refusal the application decides. */
export function onPassedResponse(core: Core, client: ClientTx, received: Received, passing: Passing): void {
  const { context, method } = client
  const { response, source } = received
  const { status } = response
  const isFirst = context.request !== undefined
  if (status < 200) {
    context.isProceeding = true
    if (method === 'INVITE') sendCancel(core, client)
  } else {
    context.request = undefined
    context.order = undefined
  }
  const isDue = passing.isThrough || status < 300
  // Of an INVITE every 2xx counts, copies and those of other forks: the caller acknowledges each (§16.7 step 10).
  if (isDue && status > 100 && (isFirst || method === 'INVITE')) passBack(core, passing.server, response)
  if (passing.isThrough || !isFirst) return
  core.emit({ kind: 'response', transaction: client.id, response, source })
}

/** Nobody has answered a request that was sent on; `response` is what the engine says of that. */
export function onPassedFailure(core: Core, client: ClientTx, response: SipResponse, passing: Passing): void {
  client.context.request = undefined
  client.context.order = undefined
  if (!passing.isThrough) return core.emit({ kind: 'response', transaction: client.id, response })
  // RFC 4320 §4.2: the sender has given up by now, unless it was an INVITE.
  if (response.status === 408 && client.method !== 'INVITE') return
  passBack(core, passing.server, response)
}

function passBack(core: Core, server: ServerTx, response: SipResponse): SipResponse | undefined {
  const { context } = server
  const message = withoutOurs(core, server, response)
  const bytes = written(message)
  if (bytes === undefined) return undefined
  if (message.status >= 200) {
    context.request = undefined
    if (context.leg !== undefined && core.legs.get(context.leg) === server) core.legs.delete(context.leg)
  }
  server.respond(message.status, bytes)
  return message
}

/** The response without our Via; one that was made here gets the To tag that every response but 100 has. */
function withoutOurs(core: Core, { context }: ServerTx, response: SipResponse): SipResponse {
  const names = response.headers.names()
  const top = names.indexOf('via')
  const lines = response.headers.lines.flatMap((line, at): readonly HeaderLine[] => {
    if (at === top) {
      const rest = splitList(line[1]).slice(1)
      return rest.length === 0 ? [] : [[line[0], rest.join(', ')]]
    }
    if (names[at] === 'content-length') return []
    if (names[at] !== 'to' || tagOf(line[1]) !== undefined) return [line]
    context.tag ??= core.random(8)
    return [[line[0], `${line[1]};tag=${context.tag}`]]
  })
  const { status, reason, body } = response
  return build(status, lines, { reason, body })
}
