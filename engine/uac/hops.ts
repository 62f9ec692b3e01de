import type { ListenerAddress, Refusal, RequestParts, Transport } from '../api.ts'
import type { Core } from '../core.ts'
import type { Dialog } from '../dialog/dialog.ts'
import {
  addressOf,
  defaultPorts,
  nextHopOf,
  serviceOf,
  type Address,
  type Service,
} from '../dialog/next-hop.ts'
import { longName } from '../message/headers.ts'
import { parseNameAddr, splitList } from '../message/name-addr.ts'
import type { Target } from '../transport/transport.ts'

/** The way of a request: where to, and from which of our listeners. */
export interface Hop {
  readonly target: Target
  readonly listener: ListenerAddress
  /** The connection that it must use is gone. */
  readonly isDead: boolean
  /** The transport was chosen by whoever named the place, and must not be changed. */
  readonly isPinned: boolean
  /** What is to be resolved first; `target` is then only what is likely. */
  readonly service?: Service
}

/** A way, or why there is none. */
export type HopFound =
  { readonly ok: true; readonly hop: Hop } | { readonly ok: false; readonly refusal: Refusal }

/** The way of a request outside dialogs: its flow, else the next hop it names, its first Route, its Request-URI. */
export function hopOf(core: Core, parts: RequestParts): HopFound {
  if (parts.flow !== undefined) return flowHop(core, parts.flow)
  return uriHop(core, parts.nextHop ?? firstRoute(parts) ?? parts.uri ?? '', parts.listener)
}

/** The way of a request inside a dialog. A WebSocket peer can be reached over its connection only (RFC 7118 §5). */
export function dialogHop(core: Core, dialog: Dialog, flow: string | undefined): HopFound {
  if (flow !== undefined) return flowHop(core, flow)
  const { peer } = dialog
  if (peer.flow !== undefined) {
    const overFlow = flowHop(core, peer.flow)
    if (overFlow.ok) return overFlow
    if (peer.transport === 'ws' || peer.transport === 'wss') {
      return deadHop(core, peer.flow, peer.transport, peer.listener)
    }
  }
  const next = nextHopOf(dialog)
  if (next.kind === 'heard') return addressHop(core, next.address, peer.listener)
  const fromListener = uriHop(core, next.uri, peer.listener)
  // The Contact may name a transport that the listener of that name does not have.
  return fromListener.ok ? fromListener : uriHop(core, next.uri, undefined)
}

/** The places that a service may be found at, best first; calls `done` at once when they are known, with none when there are none. */
export function placesOf(core: Core, hop: Hop, service: Service, done: (hops: readonly Hop[]) => void): void {
  const listener = hop.listener.name
  const usable = core.transports.listeners().map(({ transport }) => transport)
  core.locator.locate(service, usable, places => {
    const hops = places.flatMap(({ transport, host, port, name }): readonly Hop[] => {
      const place = { transport, host, port, ...(transport === 'tls' && { name }) }
      const target = { listener, ...place }
      const from = core.transports.route(target)
      if (from !== undefined) return [{ target, listener: from, isDead: false, isPinned: hop.isPinned }]
      const other = core.transports.route(place)
      return other === undefined
        ? []
        : [{ target: place, listener: other, isDead: false, isPinned: hop.isPinned }]
    })
    done(hops)
  })
}

function uriHop(core: Core, uri: string, listener: string | undefined): HopFound {
  const address = addressOf(uri)
  if (address === undefined) return refused('invalid-uri')
  const service = serviceOf(uri)
  const isPinned = namesTransport.test(uri)
  const direct = addressHop(core, address, listener, isPinned)
  if (service === undefined) return direct
  if (direct.ok) return isWebSocket(direct.hop) ? direct : { ok: true, hop: { service, ...direct.hop } }
  if (service.transport !== undefined || service.secure) return direct
  // What it resolves to may be reached in another way than UDP.
  for (const transport of ['tcp', 'tls'] as const) {
    const port = service.port ?? defaultPorts[transport]
    const way = addressHop(core, { transport, host: address.host, port }, listener, isPinned)
    if (way.ok) return { ok: true, hop: { service, ...way.hop } }
  }
  return direct
}

function flowHop(core: Core, flow: string): HopFound {
  const target = { flow }
  const listener = core.transports.route(target)
  return listener === undefined ? refused('flow-closed') : found(target, listener)
}

function addressHop(core: Core, address: Address, name: string | undefined, isPinned = true): HopFound {
  const { transport, host, port } = address
  // Written out: a spread would give each target a hidden class of its own.
  const target = name === undefined ? address : { transport, host, port, listener: name }
  const listener = core.transports.route(target)
  return listener === undefined ? refused('no-listener') : found(target, listener, isPinned)
}

function deadHop(core: Core, flow: string, transport: Transport, name: string): HopFound {
  const ours = core.transports.listeners().filter(listener => listener.transport === transport)
  const listener = ours.find(candidate => candidate.name === name) ?? ours[0]
  return listener === undefined
    ? refused('no-listener')
    : { ok: true, hop: { target: { flow }, listener, isDead: true, isPinned: true } }
}

function found(target: Target, listener: ListenerAddress, isPinned = true): HopFound {
  return { ok: true, hop: { target, listener, isDead: false, isPinned } }
}

function refused(refusal: Refusal): HopFound {
  return { ok: false, refusal }
}

function firstRoute({ headers = [] }: RequestParts): string | undefined {
  const line = headers.find(([name]) => longName(name) === 'route')
  const first = line === undefined ? undefined : splitList(line[1])[0]
  return first === undefined ? undefined : parseNameAddr(first)?.uri
}

/** RFC 7118: there is a connection or there is none; a name is nothing that one could be opened to. */
function isWebSocket({ listener }: Hop): boolean {
  return listener.transport === 'ws' || listener.transport === 'wss'
}

const namesTransport = /;transport=/i
