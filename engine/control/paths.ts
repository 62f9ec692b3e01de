import type { ListenerAddress, RequestParts } from '../api.ts'
import type { Flow } from './flows.ts'
import { chooseListener, hopOf, isOwnAddress, nextHopUri } from './listeners.ts'
import { requestRefusal } from './refusals.ts'
import type { Traffic } from './traffic.ts'

/** Which way a request leaves, and which listener stands for us there. */
export interface Path {
  readonly listener: ListenerAddress
  readonly parts: Pick<RequestParts, 'flow' | 'nextHop' | 'listener'>
}

/** The way of a new request to `uri`, over `nextHop` where the application names one; a text says why there is none. */
export function pathOf(traffic: Traffic, nextHop: string | undefined, uri: string): Path | string {
  const listeners = traffic.engine.listeners()
  const target = nextHop === undefined ? uri : nextHopUri(nextHop)
  const hop = hopOf(target)
  if (hop === undefined) return requestRefusal('invalid-uri', target)
  if (hop === 'no-such-transport') return requestRefusal('no-listener', target)
  const flow = flowTo(traffic, target) ?? traffic.book.contacts.at(target, traffic.clock.now())
  const flowListener = flow && listenerOf(listeners, flow)
  if (flow !== undefined && flowListener !== undefined)
    return { listener: flowListener, parts: { flow: flow.id } }
  const listener = chooseListener(listeners, hop.transport, hop.host)
  if (listener === undefined) return requestRefusal('no-listener', target)
  if (isOwnAddress(listeners, hop)) return 'can not send request to myself'
  return { listener, parts: { listener: listener.name, ...(nextHop !== undefined && { nextHop: target }) } }
}

/** The open connection that a next hop names by the peer's address and port. */
export function flowTo({ book }: Traffic, target: string | undefined): Flow | undefined {
  const hop = target === undefined ? undefined : hopOf(nextHopUri(target))
  if (hop === undefined || hop === 'no-such-transport' || hop.transport === 'udp') return undefined
  return book.flows.at(hop.host, hop.port)
}

/** The listener that accepted what came from `place`. */
export function listenerOf(
  listeners: readonly ListenerAddress[],
  place: { readonly listener: string; readonly transport: string },
): ListenerAddress | undefined {
  return listeners.find(({ name, transport }) => name === place.listener && transport === place.transport)
}
