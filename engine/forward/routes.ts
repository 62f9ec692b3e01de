import type { ListenerAddress, Source } from '../api.ts'
import { contactAt, targetOf } from '../addresses.ts'
import type { Core } from '../core.ts'
import { addressOf } from '../dialog/next-hop.ts'
import { callId } from '../message/accessors.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { parseNameAddr, splitList } from '../message/name-addr.ts'
import { parseUri, writeUri } from '../message/uri.ts'
import type { Hop } from '../uac/hops.ts'
import { markParams, readMark } from './marks.ts'

/** What the Route of a request says, once the values that stand for us are taken out (RFC 3261 §16.4). */
export interface Routes {
  /** Those that are left, in their order. */
  readonly rest: readonly string[]
  /** Whether we wrote one of ours for this very call. */
  readonly isMarked: boolean
  /** The connection to the far side, when ours named one. */
  readonly flow: string | undefined
  /** The name of the listener that faces the far side. */
  readonly listener: string | undefined
}

/** Reads the Route of a request that came from `source`. */
export function readRoutes(core: Core, request: SipRequest, source: Source): Routes {
  const values = request.headers.all('Route').flatMap(line => splitList(line))
  const id = callId(request)
  const listeners = core.transports.listeners()
  let read: Routes = { rest: values, isMarked: false, flow: undefined, listener: undefined }
  for (const value of values) {
    const uri = parseNameAddr(value)?.uri ?? ''
    const mark = markIn(core.routeKey, id, uri)
    const listener = listenerAt(listeners, uri)
    if (mark === undefined && listener === undefined) break
    read = without(read, mark, listener, source)
  }
  return read
}

function without(
  { rest, isMarked, flow, listener }: Routes,
  mark: { readonly flow: string | undefined } | undefined,
  facing: ListenerAddress | undefined,
  source: Source,
): Routes {
  return {
    rest: rest.slice(1),
    isMarked: isMarked || mark !== undefined,
    // The value that faces the sender names its own connection.
    flow: mark?.flow === source.flow ? flow : mark?.flow,
    listener: facing?.name ?? listener,
  }
}

function markIn(key: string, id: string, text: string): ReturnType<typeof readMark> {
  const uri = parseUri(text)
  return uri && readMark(key, id, uri)
}

/** The Route lines of the request that goes on, and its Request-URI: a router of RFC 2543 wants to find itself there (§16.6 step 6). */
export function routeLines(
  rest: readonly string[],
  uri: string,
): { readonly uri: string; readonly lines: readonly HeaderLine[] } {
  const first = parseNameAddr(rest[0] ?? '')?.uri
  const isLoose = first === undefined || parseUri(first)?.params.has('lr') === true
  if (isLoose) return { uri, lines: rest.map(value => ['Route', value]) }
  return { uri: first, lines: [...rest.slice(1), `<${uri}>`].map(value => ['Route', value]) }
}

/** The lines that bring later requests of the call here: one for each side when they are not the same (RFC 5658), ours to the next hop first. */
export function recordRoutes(
  core: Core,
  request: SipRequest,
  source: Source,
  hop: Hop,
): readonly HeaderLine[] {
  const from = core.transports.route(targetOf(source))
  const flow = 'flow' in hop.target ? hop.target.flow : undefined
  const outer = recordRoute(core, request, hop.listener, flow)
  if (from === undefined || (from === hop.listener && flow === source.flow)) return [outer]
  return [outer, recordRoute(core, request, from, source.flow)]
}

/** The lines that bring requests to a registered peer here (RFC 3327). */
export function pathLines(hop: Hop): readonly HeaderLine[] {
  return [
    ['Path', `<${uriOf(hop.listener, new Map([['lr', undefined]]))}>`],
    ['Require', 'path'],
  ]
}

function recordRoute(
  core: Core,
  request: SipRequest,
  listener: ListenerAddress,
  flow: string | undefined,
): HeaderLine {
  const params = markParams(core.routeKey, callId(request), flow)
  return ['Record-Route', `<${uriOf(listener, params)}>`]
}

function uriOf(listener: ListenerAddress, more: ReadonlyMap<string, string | undefined>): string {
  const own = parseUri(parseNameAddr(contactAt(listener, undefined))?.uri ?? '')
  if (own === undefined) return ''
  return writeUri({ ...own, params: new Map([...own.params, ...more]) })
}

function listenerAt(listeners: readonly ListenerAddress[], uri: string): ListenerAddress | undefined {
  const address = addressOf(uri)
  if (address === undefined) return undefined
  return listeners.find(
    ({ transport, bound, advertised }) =>
      sameKind(transport) === sameKind(address.transport) &&
      [bound, advertised].some(({ host, port }) => host === address.host && port === address.port),
  )
}

/** Both kinds of WebSocket are `ws` in a URI (RFC 7118 §5.2). */
function sameKind(transport: ListenerAddress['transport']): string {
  return transport === 'wss' ? 'ws' : transport
}
