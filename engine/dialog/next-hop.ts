import type { Transport } from '../api.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import type { Dialog } from './dialog.ts'

/** A socket address of a peer; `host` may be a name. */
export interface Address {
  readonly transport: Transport
  readonly host: string
  readonly port: number
}

/** Where the URI of a request points before any DNS record is asked; undefined when it is no SIP URI we can send to. `maddr` is ignored. */
export function addressOf(uri: string): Address | undefined {
  const parsed = parseUri(uri)
  if (parsed === undefined || (parsed.scheme !== 'sip' && parsed.scheme !== 'sips')) return undefined
  const named = (parsed.params.get('transport') ?? 'udp').toLowerCase()
  const transport = parsed.scheme === 'sips' ? secured.get(named) : plain.get(named)
  if (transport === undefined) return undefined
  return { transport, host: parsed.host, port: parsed.port ?? defaultPorts[transport] }
}

/** What RFC 3263 has to find out for a URI whose host is a name. */
export interface Service {
  readonly host: string
  /** Only TLS will do. */
  readonly secure: boolean
  /** Only when the URI names it. */
  readonly transport?: Transport
  readonly port?: number
}

/** The service that the URI of a request asks for; undefined when its host is an address, or it is no SIP URI. */
export function serviceOf(uri: string): Service | undefined {
  const parsed = parseUri(uri)
  if (parsed === undefined || (parsed.scheme !== 'sip' && parsed.scheme !== 'sips')) return undefined
  const { host, port, params } = parsed
  if (literal.test(host)) return undefined
  const secure = parsed.scheme === 'sips'
  const named = params.get('transport')?.toLowerCase()
  const transport = named === undefined ? undefined : (secure ? secured : plain).get(named)
  return {
    host: host.toLowerCase(),
    secure,
    ...(transport !== undefined && { transport }),
    ...(port !== undefined && { port }),
  }
}

/** Where an in-dialog request goes when it has no connection to use: to a URI, or to where the peer was heard. */
export type NextHop =
  { readonly kind: 'uri'; readonly uri: string } | { readonly kind: 'heard'; readonly address: Address }

/** The first route, else the remote target (§12.2.1.1). */
export function nextHopOf({ routes, target, peer }: Dialog): NextHop {
  const route = routes[0]
  if (route !== undefined) return { kind: 'uri', uri: parseNameAddr(route)?.uri ?? '' }
  const address = addressOf(target)
  // A Contact that only the peer's own network understands would lose the call: answer to where it was heard.
  if (address === undefined || isHidden(address.host, peer.address)) {
    const { transport, port } = peer
    return { kind: 'heard', address: { transport, host: peer.address, port } }
  }
  return { kind: 'uri', uri: target }
}

/** Whether a peer heard at `source` cannot be reached at `host`: a placeholder name (RFC 7118 §5), or a private address seen from outside. */
export function isHidden(host: string, source: string): boolean {
  if (host.endsWith('.invalid')) return true
  return privateAddress.test(host) && !privateAddress.test(source)
}

const plain: ReadonlyMap<string, Transport> = new Map([
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['tls', 'tls'],
  ['ws', 'ws'],
  ['wss', 'wss'],
])
/** RFC 3261 §26.2.2, RFC 7118 §5.2: a sips URI needs TLS below whatever it names. */
const secured: ReadonlyMap<string, Transport> = new Map([
  ['udp', 'tls'],
  ['tcp', 'tls'],
  ['tls', 'tls'],
  ['ws', 'wss'],
  ['wss', 'wss'],
])
/** An IPv4 address, or an IPv6 address, which is the only host with colons. */
const literal = /^[\d.]+$|:/
/** RFC 3261 §19.1.2, RFC 7118 §5. */
export const defaultPorts: Readonly<Record<Transport, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
}
/** RFC 1918, 6598, 3927, 4193, 4291 and loopback. A name is never private. */
const privateAddress =
  /^(?:(?=[\d.]+$)(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|::1$|f[cd][0-9a-f]{2}:|fe80:)/i
