/**
 * Says in every DTLS section of `sdp` which DTLS association it belongs to (RFC 8842 §5.2). Browsers leave the line
 * out, and a media anchor then takes an ICE restart for a new association and ends the one that the browser keeps.
 */
export function withTlsId(sdp: string, id: string): string {
  if (/^a=tls-id:/m.test(sdp)) return sdp
  return sdp.replaceAll(/^a=setup:.*\r\n/gm, line => `${line}a=tls-id:${id}\r\n`)
}
