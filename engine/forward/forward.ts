import type { ForwardParts, Ordered, Refusal, Sent, Source } from '../api.ts'
import { mayLeave } from '../admission.ts'
import type { Core, ServerTx } from '../core.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { parseUri } from '../message/uri.ts'
import { hopOf, type Hop } from '../uac/hops.ts'
import { launch } from '../uac/launch.ts'
import { loopOf, passedOn } from './compose.ts'
import { pathLines, readRoutes, recordRoutes } from './routes.ts'

/** Carries out `Engine.forward`. */
export function forward(core: Core, id: string, parts: ForwardParts): Ordered<Sent> {
  const server = core.servers.byId(id)
  if (server === undefined) return refused('unknown-transaction')
  const { request } = server.context
  if (request === undefined) return refused('already-answered')
  const uri = parts.uri ?? request.uri
  if (parseUri(uri) === undefined) return refused('invalid-uri')
  if (!mayLeave(core, request.method, false)) return refused('overloaded')
  const loop = loopOf(core, request, uri)
  return loop.isLoop ? refused('loop') : sendOn(core, server, request, { ...parts, uri, loop: loop.mark })
}

type Sending = ForwardParts & { readonly uri: string; readonly loop: string }

function sendOn(core: Core, server: ServerTx, request: SipRequest, parts: Sending): Ordered<Sent> {
  const { uri, loop, headers: extra = [], stay = false, flow } = parts
  const { context } = server
  const { method, body } = request
  const routes = readRoutes(core, request, context.source)
  const lines = routes.rest.map(value => ['Route', value] as const)
  const found = hopOf(core, { ...parts, method, headers: lines })
  if (!found.ok) return found
  const { hop } = found
  const recorded = stay ? linesToStay(core, request, context.source, hop) : []
  const composed = passedOn(request, { uri, routes, recorded, extra })
  const launched = launch(core, {
    method,
    composed,
    hop,
    body,
    flow,
    passing: { server, isThrough: false, loop },
  })
  if (!launched.ok) return launched
  context.passing ??= { through: undefined }
  return { ok: true, transaction: launched.transaction, request: launched.request, via: launched.via }
}

function linesToStay(core: Core, request: SipRequest, source: Source, hop: Hop): readonly HeaderLine[] {
  return request.method === 'REGISTER' ? pathLines(hop) : recordRoutes(core, request, source, hop)
}

function refused(refusal: Refusal): Ordered<Sent> {
  return { ok: false, refusal }
}
