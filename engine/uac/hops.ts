import type { ListenerAddress, Refusal, RequestParts, Transport } from '../api.ts'
import type { Core } from '../core.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { addressOf, nextHopOf, type Address } from '../dialog/next-hop.ts'
import { longName } from '../message/headers.ts'
import { parseNameAddr, splitList } from '../message/name-addr.ts'
import type { Target } from '../transport/transport.ts'

/** The way of a request: where to, and from which of our listeners. */
export interface Hop {
  readonly target: Target
  readonly listener: ListenerAddress
  /** The connection that it must use is gone. */
  readonly isDead: boolean
}

/** A way, or why there is none. */
export type HopFound =
  { readonly ok: true; readonly hop: Hop } | { readonly ok: false; readonly refusal: Refusal }

/** The way of a request outside dialogs: its flow, else the next hop it names, its first Route, its Request-URI. */
export function hopOf(core: Core, parts: RequestParts): HopFound {
  if (parts.flow !== undefined) return flowHop(core, parts.flow)
  const address = addressOf(parts.nextHop ?? firstRoute(parts) ?? parts.uri ?? '')
  return address === undefined ? refused('invalid-uri') : addressHop(core, address, parts.listener)
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
  const address = nextHopOf(dialog)
  if (address === undefined) return refused('invalid-uri')
  const fromListener = addressHop(core, address, peer.listener)
  // The Contact may name a transport that the listener of that name does not have.
  return fromListener.ok ? fromListener : addressHop(core, address, undefined)
}

function flowHop(core: Core, flow: string): HopFound {
  const target = { flow }
  const listener = core.transports.route(target)
  return listener === undefined ? refused('flow-closed') : found(target, listener)
}

function addressHop(core: Core, address: Address, name: string | undefined): HopFound {
  const target = name === undefined ? address : { ...address, listener: name }
  const listener = core.transports.route(target)
  return listener === undefined ? refused('no-listener') : found(target, listener)
}

function deadHop(core: Core, flow: string, transport: Transport, name: string): HopFound {
  const ours = core.transports.listeners().filter(listener => listener.transport === transport)
  const listener = ours.find(candidate => candidate.name === name) ?? ours[0]
  return listener === undefined
    ? refused('no-listener')
    : { ok: true, hop: { target: { flow }, listener, isDead: true } }
}

function found(target: Target, listener: ListenerAddress): HopFound {
  return { ok: true, hop: { target, listener, isDead: false } }
}

function refused(refusal: Refusal): HopFound {
  return { ok: false, refusal }
}

function firstRoute({ headers = [] }: RequestParts): string | undefined {
  const line = headers.find(([name]) => longName(name) === 'route')
  const first = line === undefined ? undefined : splitList(line[1])[0]
  return first === undefined ? undefined : parseNameAddr(first)?.uri
}
