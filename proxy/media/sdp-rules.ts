/** What of a party's session description goes on: audio, in codecs that are known, by attributes that are named here. */
import type { MediaParty } from '../ports.ts'
import { mayReach, scopeOf } from './address-scope.ts'
import { fault, parseSdp, writeSdp, type Sdp, type SdpSection } from './sdp.ts'

/**
 * The description of a party built anew from what is understood of it. Whatever else it writes (names, keys, notes) stays
 * behind; a section that is no audio stays as a rejected one (RFC 3264 §6). Media goes to no address that is nearer to this
 * machine than the party itself is. Throws `E_MEDIA_SDP` when the description is beyond a limit, or when a browser would send
 * media in clear or with keys that SDP carries.
 */
export function rebuiltSdp(
  text: string,
  { side, source }: Pick<MediaParty, 'side' | 'source'>,
  codecs: readonly string[],
): string {
  const sdp = parseSdp(text)
  const sections = sdp.sections.map(section => rebuiltSection(section, source, codecs))
  if (side === 'browser') sections.forEach(section => checkEncrypted(section, sdp))
  else sections.forEach(checkPlain)
  const address = reachable(sdp.address, source)
  const named = address ?? sections.find(one => one.address !== undefined)?.address
  if (named === undefined) throw fault('it has no c= line')
  return writeSdp({
    origin: { ...sdp.origin, address: named },
    address,
    attributes: sdp.attributes.filter(attribute => shared.test(attribute)),
    sections,
  })
}

function rebuiltSection(
  section: SdpSection,
  source: string | undefined,
  codecs: readonly string[],
): SdpSection {
  const { media, port, protocol, formats, attributes } = section
  if (media !== 'audio' || port === 0) {
    return {
      media,
      port: 0,
      protocol,
      formats: formats.slice(0, 1).map(safeFormat),
      address: undefined,
      attributes: [],
    }
  }
  const types = formats.filter(format => isPayloadType(format) && isSpoken(format, attributes, codecs))
  if (types.length === 0) throw fault('it has no codec that is spoken here')
  const known = new Set(types)
  const address = reachable(section.address, source)
  return {
    media,
    port,
    protocol,
    formats: types,
    address,
    attributes: attributes.flatMap(attribute =>
      attribute.startsWith('candidate:')
        ? candidate(attribute, source)
        : isAllowed(attribute, known)
          ? [attribute.replace(/^(rtcp:\d+) .*$/, '$1')]
          : [],
    ),
  }
}

/** A peer behind NAT that writes its own address is heard from its public one. 0.0.0.0 is an old way to say hold. */
function reachable(address: string | undefined, source: string | undefined): string | undefined {
  if (address === undefined || address === '0.0.0.0') return address
  if (scopeOf(address) === 'none') throw fault('media cannot be sent to its c= address')
  return source === undefined || mayReach(source, address) ? address : source
}

/** UDP candidates by address; there is no ICE over TCP here, and a name (RFC 8828: mDNS) is learned when it is heard from. */
function candidate(attribute: string, source: string | undefined): readonly string[] {
  const found = candidateLine.exec(attribute)
  const { address = '', port = '' } = found?.groups ?? {}
  if (!found || Number(port) > 65_535) return []
  if (source === undefined ? scopeOf(address) === 'none' : !mayReach(source, address)) return []
  return [found[0]]
}

const candidateLine =
  /^candidate:[A-Za-z0-9+/]{1,32} [12] udp \d{1,10} (?<address>[0-9A-Fa-f.:]{2,45}) (?<port>\d{1,5}) typ (?:host|srflx|prflx|relay)(?: raddr [0-9A-Fa-f.:]{2,45} rport \d{1,5})?/i

/** RFC 8827 §6.5: media of a browser is DTLS-SRTP; keys in SDP (RFC 4568) would be known to all who see the signalling. */
function checkEncrypted(
  { media, port, protocol, attributes }: SdpSection,
  { attributes: common }: Sdp,
): void {
  if (media !== 'audio' || port === 0) return
  if (!/^UDP\/TLS\/RTP\/SAVPF?$/.test(protocol)) throw fault('media of a browser must be DTLS-SRTP')
  const all = [...common, ...attributes]
  for (const needed of ['fingerprint:', 'setup:', 'ice-ufrag:', 'ice-pwd:']) {
    if (!all.some(one => one.startsWith(needed) && shared.test(one)))
      throw fault(`a=${needed} is missing or wrong`)
  }
}

function checkPlain({ media, port, protocol }: SdpSection): void {
  if (media === 'audio' && port !== 0 && !/^RTP\/AVPF?$/.test(protocol))
    throw fault(`${protocol} is not spoken here`)
}

function isPayloadType(format: string): boolean {
  return /^\d{1,3}$/.test(format) && Number(format) < 128
}

function safeFormat(format: string): string {
  return isPayloadType(format) ? format : '0'
}

/** RFC 3551 §6: these need no rtpmap. */
const staticCodecs: Readonly<Record<string, string>> = { 0: 'PCMU', 8: 'PCMA' }

function isSpoken(type: string, attributes: readonly string[], codecs: readonly string[]): boolean {
  const map = attributes.find(attribute => attribute.startsWith(`rtpmap:${type} `))
  const name = map === undefined ? staticCodecs[type] : rtpmap.exec(map)?.[2]
  return name !== undefined && codecs.some(codec => codec.toLowerCase() === name.toLowerCase())
}

const rtpmap = /^rtpmap:(\d{1,3}) ([A-Za-z0-9-]{1,32})\/\d{4,6}(?:\/[1-8])?$/
const fmtp = /^fmtp:(\d{1,3}) [A-Za-z0-9=;, -]{1,255}$/

function isAllowed(attribute: string, types: ReadonlySet<string>): boolean {
  if (attribute.startsWith('rtpmap:')) return types.has(rtpmap.exec(attribute)?.[1] ?? '')
  if (attribute.startsWith('fmtp:'))
    return types.has(fmtp.exec(attribute)?.[1] ?? '') && isKnownFormat(attribute)
  return shared.test(attribute) || inSection.test(attribute)
}

/** Parameters of Opus (RFC 7587 §6.1) and of telephone events (RFC 4733 §2.4.1), whose values are numbers. */
function isKnownFormat(attribute: string): boolean {
  return attribute
    .slice(attribute.indexOf(' ') + 1)
    .split(';')
    .every(parameter => formatParameter.test(parameter.trim()))
}

const formatParameter =
  /^(?:(?:minptime|maxptime|ptime|useinbandfec|usedtx|cbr|stereo|sprop-stereo|maxplaybackrate|sprop-maxcapturerate|maxaveragebitrate)=\d{1,7}|[0-9,-]{1,64}|)$/

const inSection =
  /^(?:ptime:\d{1,4}|maxptime:\d{1,4}|rtcp:\d{1,5}(?: .*)?|rtcp-mux|mid:[A-Za-z0-9_-]{1,32}|end-of-candidates)$/

const shared =
  /^(?:sendrecv|sendonly|recvonly|inactive|setup:(?:actpass|active|passive|holdconn)|tls-id:[A-Za-z0-9+/_-]{20,255}|ice-ufrag:[A-Za-z0-9+/]{4,256}|ice-pwd:[A-Za-z0-9+/]{22,256}|ice-options:[a-z0-9 ]{1,64}|ice-lite|fingerprint:sha-(?:256|384|512) [0-9A-Fa-f:]{95,191}|group:BUNDLE(?: [A-Za-z0-9_-]{1,32}){1,8})$/
