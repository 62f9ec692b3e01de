/**
 * An offer as the next one in the session in which its reader was told `told`: as `continued`, with its sections under the names that
 * they have there, as a browser refuses others (RFC 9429 §5.2.2). An answer has the names of its offer.
 */
export function continuedOffer(sdp: string, told: string | undefined): string {
  return continued(told === undefined ? sdp : withNamesOf(told, sdp), told)
}

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

/** RFC 5888 §4: sections keep their places, and so tell which name is whose; groups are of these names (§5). */
function withNamesOf(told: string, sdp: string): string {
  const before = namesOf(told)
  const renamed = new Map<string, string>()
  for (const [at, now] of namesOf(sdp).entries()) if (now !== undefined) renamed.set(now, before[at] ?? now)
  const nameFor = (name: string): string => renamed.get(name) ?? name
  return sdp
    .replaceAll(mid, (_, start: string, name: string) => start + nameFor(name))
    .replaceAll(group, (_, start: string, names: string) => start + names.replaceAll(/[^ ]+/g, nameFor))
}

/** The name of each section, in order; undefined for one without. */
function namesOf(sdp: string): readonly (string | undefined)[] {
  const [, ...sections] = sdp.split(/^m=/m)
  return sections.map(section => /^a=mid:(\S+)/m.exec(section)?.[1])
}

const mid = /^(a=mid:)(\S+)/gm
const group = /^(a=group:\S+)((?: [^ \r\n]+)+)/gm

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
