import { mayEnter, retryAfter } from '../admission.ts'
import type { Core, ServerContext, ServerTx } from '../core.ts'
import type { HeaderLine } from '../message/message.ts'
import { ServerTransaction } from '../transaction/server-transaction.ts'
import { cancelClient } from '../uac/cancel.ts'
import { hopOf, placesOf, type HopFound } from '../uac/hops.ts'
import { launch } from '../uac/launch.ts'
import { newBranch, withVia, written } from '../uac/written.ts'
import { stamped, type Incoming } from '../uas/incoming.ts'
import { replyStateless } from '../uas/reply.ts'
import { loopOf, passedOn } from './compose.ts'
import { readRoutes, type Routes } from './routes.ts'

/** The way through us of a request inside a dialog of others; undefined when we are not on its way. */
export function wayThrough(core: Core, { request, source, toTag }: Incoming): Routes | undefined {
  if (toTag === undefined || !request.headers.has('Route')) return undefined
  const routes = readRoutes(core, request, source)
  return routes.isMarked ? routes : undefined
}

/** Sends a request on for its way through us, and its responses back; the application has no part in it (RFC 3261 §16.6, §16.7). */
export function passThrough(core: Core, incoming: Incoming, key: string, routes: Routes): void {
  const { method, source } = incoming
  if (!mayEnter(core, method, true, source.address))
    return refuse(core, incoming, 503, [['Retry-After', retryAfter(core)]])
  if (Number(incoming.request.headers.get('max-forwards') ?? 70) === 0) return refuse(core, incoming, 483)
  const request = stamped(incoming.request, source)
  const { uri, body } = request
  const loop = loopOf(core, request, uri)
  if (loop.isLoop) return refuse(core, incoming, 482)
  const found = hopThrough(core, incoming, routes)
  // RFC 5626 §5.3.1: the connection to whom it is for has gone.
  if (!found.ok) return refuse(core, incoming, routes.flow === undefined ? 404 : 430)
  core.overload.count('admitted')
  const server = newServer(core, { ...incoming, request }, key)
  const composed = passedOn(request, { uri, routes, recorded: [], extra: [] })
  const passing = { server, isThrough: true, loop: loop.mark }
  const launched = launch(core, { method, composed, hop: found.hop, body, flow: routes.flow, passing })
  if (launched.ok) server.context.passing = { through: launched.transaction }
  else {
    server.drop()
    refuse(core, incoming, 400)
  }
}

/** Sends the ACK of a 2xx on; it has no transaction and no response. */
export function passAck(core: Core, incoming: Incoming): void {
  const routes = wayThrough(core, incoming)
  const found = routes && hopThrough(core, incoming, routes)
  if (routes === undefined || found?.ok !== true) return
  const request = stamped(incoming.request, incoming.source)
  if (Number(request.headers.get('max-forwards') ?? 70) === 0) return
  const { hop } = found
  const composed = passedOn(request, { uri: request.uri, routes, recorded: [], extra: [] })
  const bytes = written(withVia(core, { method: 'ACK', composed, hop, body: request.body }, newBranch(core)))
  if (bytes === undefined) return
  const send = (target = hop.target): void =>
    core.transports.send(bytes, target, reason => core.log.debug('sip.ack-failed', { reason }))
  if (hop.service === undefined) return send()
  placesOf(core, hop, hop.service, places => {
    send(places.find(({ listener }) => listener.transport === hop.listener.transport)?.target)
  })
}

/** The caller has cancelled an INVITE that was sent on; true when nobody else is to be told. */
export function cancelPassed(core: Core, { context }: ServerTx): boolean {
  const id = context.passing?.through
  const client = id === undefined ? undefined : core.clients.byId(id)
  if (client !== undefined) cancelClient(core, client, [])
  return id !== undefined || context.request === undefined
}

function hopThrough(core: Core, { request }: Incoming, routes: Routes): HopFound {
  const { flow, listener, rest } = routes
  const headers = rest.map(value => ['Route', value] as const)
  const parts = { method: request.method, uri: request.uri, headers, ...(flow !== undefined && { flow }) }
  const named = hopOf(core, listener === undefined ? parts : { ...parts, listener })
  return named.ok || listener === undefined ? named : hopOf(core, parts)
}

function newServer(core: Core, incoming: Incoming, key: string): ServerTx {
  const { source, method, request, toTag: tag } = incoming
  const context: ServerContext = {
    source,
    leg: undefined,
    request,
    tag,
    dialog: undefined,
    reliables: undefined,
    passing: { through: undefined },
  }
  const { address, transport } = source
  const identity = { id: core.newId(), key, address, method, reliable: transport !== 'udp' }
  const server: ServerTx = new ServerTransaction(identity, context, core.serverOwner)
  core.servers.add(server)
  server.begin()
  return server
}

function refuse(
  core: Core,
  { request, source }: Incoming,
  status: number,
  headers: readonly HeaderLine[] = [],
): void {
  replyStateless(core, request, source, { status, headers })
}
