/** True when two descriptions carry the same origin line, which says that nothing changed between them (RFC 3264 §8). */
export function sameOrigin(a: string, b: string): boolean {
  const origin = originOf(a)
  return origin !== undefined && origin === originOf(b)
}

function originOf(sdp: string): string | undefined {
  return /^o=.*$/m.exec(sdp)?.[0]?.trimEnd()
}
