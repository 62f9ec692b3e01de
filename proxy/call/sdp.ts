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
