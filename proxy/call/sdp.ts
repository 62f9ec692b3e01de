/** True when two descriptions carry the same origin line, which says that nothing changed between them (RFC 3264 §8). */
export function sameOrigin(a: string, b: string): boolean {
  const origin = originOf(a)
  return origin !== undefined && origin === originOf(b)
}

/**
 * True when two descriptions ask for the same media and differ only in how their sender is reached: addresses, ports, ICE, DTLS.
 * A stream that is switched on or off (port 0) is another medium.
 */
export function sameMedia(a: string, b: string): boolean {
  return /^m=/m.test(a) && mediaOf(a) === mediaOf(b)
}

/**
 * True when two descriptions name the same streams at the same addresses: media, port, profile, codecs in whatever order, direction.
 * Parameters of codecs are the sender's wishes (RFC 3264 §6.1), and no reason to disturb anybody.
 */
export function sameStreams(a: string, b: string): boolean {
  return /^m=/m.test(a) && streamsOf(a) === streamsOf(b)
}

/** True when two descriptions name the same addresses and ports. */
export function sameAddress(a: string, b: string): boolean {
  return /^m=/m.test(a) && addressesOf(a) === addressesOf(b)
}

function addressesOf(sdp: string): string {
  return (sdp.match(/^(?:c=.*|m=\S+ \d+)/gm) ?? []).map(line => line.trimEnd()).join('\n')
}

function streamsOf(sdp: string): string {
  return sdp
    .split(/^(?=m=)/m)
    .map(section => section.split(/\r?\n/).filter(line => streamLine.test(line)))
    .map(lines =>
      lines
        .map(line => line.replace(/^(m=(?:\S+ ){3})(.*)$/, inOrder))
        .toSorted()
        .join('\n'),
    )
    .join('\n')
}

function inOrder(_: string, stream: string, formats: string): string {
  return stream + formats.split(' ').toSorted().join(' ')
}

const streamLine = /^(?:m=|c=|a=(?:rtpmap:|sendrecv|sendonly|recvonly|inactive))/

function originOf(sdp: string): string | undefined {
  return /^o=.*$/m.exec(sdp)?.[0]?.trimEnd()
}

function mediaOf(sdp: string): string {
  return sdp
    .split(/\r?\n/)
    .filter(line => line !== '' && !transportLine.test(line))
    .map(line => line.replace(/^(m=\S+ )[1-9]\d*/, '$11'))
    .join('\n')
}

/** What says who the sender is and how it is reached, and nothing of what is to be sent. */
const transportLine =
  /^(?:[ocs]=|b=|a=(?:ice-|candidate:|end-of-candidates|remote-candidates:|fingerprint:|setup:|rtcp:|rtcp-mux|ssrc|msid|tls-id:|extmap-allow-mixed))/
