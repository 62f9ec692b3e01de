import { Headers } from '../../engine/message/headers.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import type { Trunk, TrunkPeer } from '../../selector/domain/trunk.ts'

/** A machine of a trunk. */
export function trunkPeer(host: string, changes: Partial<TrunkPeer> = {}): TrunkPeer {
  return { host, port: 5060, transport: 'udp', priority: 0, weight: 1, ...changes }
}

/** A trunk with one peer. */
export function trunkOf(changes: Partial<Trunk> = {}): Trunk {
  return { id: 'acision', enabled: true, addresses: [], peers: [trunkPeer('192.0.2.1')], ...changes }
}

/** An INVITE with these headers. */
export function invite(headers: readonly HeaderLine[] = [], uri = 'sip:4930123@door'): SipRequest {
  return { kind: 'request', method: 'INVITE', uri, headers: new Headers(headers), body: Buffer.alloc(0) }
}
