/**
 * A description as the next one of the session in which its reader was told `told`: of the same origin, with a version that is one
 * higher when anything else has changed (RFC 3264 §8). An anchor counts the versions that it has written itself, and knows nothing of
 * those of another one.
 */
export function continued(sdp: string, told: string | undefined): string {
  if (told === undefined) return sdp
  const [before, now] = [originOf(told), originOf(sdp)]
  if (before === undefined || now === undefined) return sdp
  if (before.session === now.session && before.version < now.version) return sdp
  const isSame = sdp.replace(origin, '') === told.replace(origin, '')
  const version = isSame ? before.version : before.version + 1n
  return sdp.replace(origin, `${before.session}${version}${before.address}`)
}

interface Origin {
  /** `o=`, user name and session id. */
  readonly session: string
  readonly version: bigint
  readonly address: string
}

const origin = /^(o=\S+ \d+ )(\d+)( .*)$/m

function originOf(sdp: string): Origin | undefined {
  const [, session, version, address] = origin.exec(sdp) ?? []
  if (session === undefined || version === undefined || address === undefined) return undefined
  return { session, version: BigInt(version), address: address.trimEnd() }
}
