/** A host and, where it was given, a port. IPv6 addresses stand without brackets. */
export interface HostPort {
  readonly host: string
  readonly port?: number
}

/** Reads `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 3261 §25.1); undefined when it is none of them. */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.charCodeAt(0) === openBracket) return parseBracketed(text)
  const colon = text.indexOf(':')
  if (colon === -1) return name.test(text) ? { host: text } : undefined
  const host = text.slice(0, colon)
  const port = parsePort(text.slice(colon + 1))
  return port !== undefined && name.test(host) ? { host, port } : undefined
}

/** Writes what `parseHostPort` reads. */
export function writeHostPort({ host, port }: HostPort): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return port === undefined ? shown : `${shown}:${port}`
}

/** 1…65535; undefined for everything else. */
export function parsePort(text: string): number | undefined {
  if (!digits.test(text)) return undefined
  const port = Number(text)
  return port > 0 && port <= 65_535 ? port : undefined
}

function parseBracketed(text: string): HostPort | undefined {
  const end = text.indexOf(']')
  // RFC 5118 §4.10: an error in older grammars made peers write three colons before an embedded IPv4 address.
  const host = text.slice(1, end).replace(':::', '::')
  if (end === -1 || !isIpv6(host)) return undefined
  if (end === text.length - 1) return { host }
  if (text[end + 1] !== ':') return undefined
  const port = parsePort(text.slice(end + 2))
  return port === undefined ? undefined : { host, port }
}

/** Whether `text` is an IPv6 address (RFC 4291 §2.2), without brackets and zone. */
function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const mapped = last.includes('.') && !text.endsWith('::')
  if (mapped && !isIpv4(last)) return false
  if (!(mapped ? groups.slice(0, -1) : groups).every(group => hexGroup.test(group))) return false
  const count = groups.length + (mapped ? 1 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

/** Whether `text` is an IPv4 address in dotted decimal. */
function isIpv4(text: string): boolean {
  const parts = text.split('.', 5)
  return parts.length === 4 && parts.every(part => octet.test(part) && Number(part) <= 255)
}

const openBracket = 91
const name = /^[A-Za-z0-9][\w.-]*$/
const digits = /^\d{1,5}$/
const hexGroup = /^[0-9A-Fa-f]{1,4}$/
const octet = /^\d{1,3}$/
