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

/** Where the URI of a request points (RFC 3263 without DNS records); undefined when it is no SIP URI we can send to. `maddr` is ignored. */
export function addressOf(uri: string): Address | undefined {
  const parsed = parseUri(uri)
  if (parsed === undefined || (parsed.scheme !== 'sip' && parsed.scheme !== 'sips')) return undefined
  const named = (parsed.params.get('transport') ?? 'udp').toLowerCase()
  const transport = parsed.scheme === 'sips' ? secured.get(named) : plain.get(named)
  if (transport === undefined) return undefined
  return { transport, host: parsed.host, port: parsed.port ?? defaultPorts[transport] }
}

/** Where an in-dialog request goes when it has no connection to use: the first route, else the remote target (§12.2.1.1). */
export function nextHopOf({ routes, target, peer }: Dialog): Address | undefined {
  const route = routes[0]
  if (route !== undefined) return addressOf(parseNameAddr(route)?.uri ?? '')
  const address = addressOf(target)
  // A Contact that only the peer's own network understands would lose the call: answer to where it was heard.
  if (address === undefined || isHidden(address.host, peer.address)) {
    return { transport: peer.transport, host: peer.address, port: peer.port }
  }
  return address
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
const defaultPorts: Readonly<Record<Transport, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
}
/** RFC 1918, 6598, 3927, 4193, 4291 and loopback. A name is never private. */
const privateAddress =
  /^(?:(?=[\d.]+$)(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|::1$|f[cd][0-9a-f]{2}:|fe80:)/i
