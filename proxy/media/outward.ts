import type { MediaExchange } from '../ports.ts'
import type { MediaAnchor } from './rtpengine.ts'

/**
 * The same anchor, that shows agents and carriers only those lines of an SDP that media needs. The anchor rewrites where media
 * goes; what else a media server writes into its SDP would pass through it.
 */
export function hiding(anchor: MediaAnchor): MediaAnchor {
  return {
    anchors: anchor.anchors,
    invite: exchange => shown(exchange, anchor.invite(exchange)),
    offer: exchange => shown(exchange, anchor.offer(exchange)),
    answer: exchange => shown(exchange, anchor.answer(exchange)),
    drop: (call, tag) => anchor.drop(call, tag),
    statistics: call => anchor.statistics(call),
    adopt: call => anchor.adopt(call),
    end: call => anchor.end(call),
    start: () => anchor.start(),
    stop: () => anchor.stop(),
  }
}

async function shown({ to }: MediaExchange, sdp: Promise<string>): Promise<string> {
  return to.side === 'server' ? sdp : outwardSdp(await sdp)
}

/** An SDP of the anchor without what it did not write itself and nobody outside needs (RFC 8866 §5). */
export function outwardSdp(sdp: string): string {
  const lines = sdp.split(/\r?\n/).flatMap(line => outwardLine(line) ?? [])
  return `${lines.join('\r\n')}\r\n`
}

function outwardLine(line: string): string | undefined {
  if (line.startsWith('s=')) return 's=-'
  // The user name of the origin is the media server's own word.
  if (line.startsWith('o=')) return line.replace(/^o=\S+/, 'o=-')
  if (/^[vtcmb]=/.test(line)) return line
  const [, name = '', value = ''] = /^a=([^:]+):?(.*)$/.exec(line) ?? []
  if (ofAnchor.has(name)) return line
  return ofMedia.has(name) && !address.test(value) ? line : undefined
}

/** Attributes that the anchor writes anew. */
const ofAnchor: ReadonlySet<string> = new Set([
  'candidate',
  'end-of-candidates',
  'fingerprint',
  'ice-lite',
  'ice-options',
  'ice-pwd',
  'ice-ufrag',
  'rtcp',
  'rtcp-mux',
  'setup',
  'tls-id',
])

/** Attributes that pass through it and say what is sent, not where. */
const ofMedia: ReadonlySet<string> = new Set([
  'bundle-only',
  'extmap',
  'extmap-allow-mixed',
  'fmtp',
  'group',
  'inactive',
  'maxptime',
  'mid',
  'ptime',
  'recvonly',
  'rtcp-fb',
  'rtcp-rsize',
  'rtpmap',
  'sendonly',
  'sendrecv',
])

/** An IPv4 or IPv6 address; an extension's URI has one colon. */
const address = /\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f]*:[\da-f:]*/i
