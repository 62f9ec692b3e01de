import type { ListenerAddress, Transport } from '../api.ts'
import { parseUri } from '../message/uri.ts'

/** Where a URI leads before any name is resolved (RFC 3263 §4.1, without NAPTR). */
export interface Hop {
  readonly transport: Transport
  readonly host: string
  readonly port: number
}

/** A next hop as a URI: applications may also write `address[:port]`. */
export function nextHopUri(text: string): string {
  return /^(?:sips?|tel):/i.test(text) ? text : `sip:${text}`
}

/** The first hop of a URI; undefined when it is no SIP URI. */
export function hopOf(text: string): Hop | 'no-such-transport' | undefined {
  const uri = parseUri(text)
  if (uri === undefined || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined
  const named = uri.params.get('transport')?.toLowerCase() ?? (uri.scheme === 'sips' ? 'tls' : 'udp')
  const transport = transports.find(known => known === named)
  if (transport === undefined) return 'no-such-transport'
  return {
    transport,
    host: uri.host,
    port: uri.port ?? (transport === 'tls' || transport === 'wss' ? 5061 : 5060),
  }
}

/** The listener whose own address looks most like `host`, among those of that transport. */
export function chooseListener(
  listeners: readonly ListenerAddress[],
  transport: Transport,
  host: string,
): ListenerAddress | undefined {
  let best: ListenerAddress | undefined
  let bestScore = -1
  for (const listener of listeners) {
    const score = listener.transport === transport ? sharedOctets(listener.bound.host, host) : -1
    if (score > bestScore) {
      best = listener
      bestScore = score
    }
  }
  return best
}

/** Whether a request to `hop` would come back to this engine at once. */
export function isOwnAddress(listeners: readonly ListenerAddress[], hop: Hop): boolean {
  return listeners.some(
    ({ transport, bound, advertised }) =>
      transport === hop.transport &&
      [bound, advertised].some(({ host, port }) => host === hop.host && port === hop.port),
  )
}

/** `proto/host:port,…` of every listener, as `authenticate` tells it. */
export function hostports(listeners: readonly ListenerAddress[], which: 'advertised' | 'bound'): string {
  return listeners
    .map(listener => `${listener.transport}/${listener[which].host}:${listener[which].port}`)
    .join(',')
}

const transports: readonly Transport[] = ['udp', 'tcp', 'tls', 'ws', 'wss']

function sharedOctets(one: string, other: string): number {
  const left = one.split('.')
  const right = other.split('.')
  let shared = 0
  while (shared < 4 && left[shared] !== undefined && left[shared] === right[shared]) shared += 1
  return shared
}
