import { isToken } from './grammar.ts'
import { parseHostPort, writeHostPort } from './host.ts'
import { noParams, type Params } from './params.ts'

/** A URI as it may stand in a SIP message. Parts are kept as written, escapes included; `unescaped` gives their meaning. */
export interface SipUri {
  /** Lower case: `sip`, `sips`, `tel` or another. */
  readonly scheme: string
  /** Before the `@`; the number of a `tel` URI. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** IPv6 addresses stand without brackets. Empty for `tel`; everything after the colon for unknown schemes. */
  readonly host: string
  readonly port?: number | undefined
  /** Names in lower case, values as written; undefined when there is no `=`. */
  readonly params: Params
  /** What follows the `?`. */
  readonly headers?: string | undefined
}

/** Reads a URI of any scheme; undefined when it is broken or names a parameter twice (RFC 3261 §19.1.1). */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, colon).toLowerCase()
  const rest = text.slice(colon + 1)
  if (colon === -1 || !schemeText.test(scheme) || !uriText.test(rest)) return undefined
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, rest)
  return scheme === 'tel' ? parseTel(rest) : { scheme, host: rest, params: noParams }
}

/** Writes what `parseUri` reads. */
export function writeUri({ scheme, user, password, host, port, params, headers }: SipUri): string {
  let text = `${scheme}:`
  if (user !== undefined) text += password === undefined ? user : `${user}:${password}`
  if (scheme === 'sip' || scheme === 'sips') {
    if (user !== undefined) text += '@'
    text += writeHostPort(port === undefined ? { host } : { host, port })
  } else text += host
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`
  return headers === undefined ? text : `${text}?${headers}`
}

/** Whether two URIs mean the same by RFC 3261 §19.1.4. The relation is symmetric, but by that section not transitive. */
export function sameUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    sameText(a.user, b.user) &&
    sameText(a.password, b.password) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameParams(a.params, b.params) &&
    sameParams(b.params, a.params) &&
    sameHeaders(a.headers, b.headers)
  )
}

/** What a part of a URI means: `%41` is `A`. Escapes that are no UTF-8 become U+FFFD. */
export function unescaped(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(escapes, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}

function parseSip(scheme: string, rest: string): SipUri | undefined {
  const at = rest.indexOf('@')
  if (at !== rest.lastIndexOf('@')) return undefined
  const question = rest.indexOf('?', at + 1)
  const end = question === -1 ? rest.length : question
  const semicolon = rest.indexOf(';', at + 1)
  const hostEnd = semicolon === -1 || semicolon > end ? end : semicolon
  const hostPort = parseHostPort(rest.slice(at + 1, hostEnd))
  const params = hostEnd === end ? noParams : parseUriParams(rest.slice(hostEnd + 1, end))
  const userInfo = at === -1 ? noUser : parseUserInfo(rest.slice(0, at))
  if (hostPort === undefined || params === undefined || userInfo === undefined) return undefined
  const { user, password } = userInfo
  const { host, port } = hostPort
  const headers = question === -1 ? undefined : rest.slice(question + 1)
  // Written out: spreads would give URIs many hidden classes.
  return { scheme, user, password, host, port, params, headers }
}

function parseTel(rest: string): SipUri | undefined {
  const semicolon = rest.indexOf(';')
  const user = semicolon === -1 ? rest : rest.slice(0, semicolon)
  const params = semicolon === -1 ? noParams : parseUriParams(rest.slice(semicolon + 1))
  return params !== undefined && telNumber.test(user) ? { scheme: 'tel', user, host: '', params } : undefined
}

interface UserInfo {
  readonly user: string | undefined
  readonly password: string | undefined
}

function parseUserInfo(text: string): UserInfo | undefined {
  const colon = text.indexOf(':')
  const user = colon === -1 ? text : text.slice(0, colon)
  if (user === '' || brokenEscape.test(text)) return undefined
  return { user, password: colon === -1 ? undefined : text.slice(colon + 1) }
}

function parseUriParams(text: string): Params | undefined {
  const params = new Map<string, string | undefined>()
  for (const param of text.split(';')) {
    const equals = param.indexOf('=')
    const name = (equals === -1 ? param : param.slice(0, equals)).toLowerCase()
    if (!isToken(name) || params.has(name) || brokenEscape.test(param)) return undefined
    params.set(name, equals === -1 ? undefined : param.slice(equals + 1))
  }
  return params
}

/** User and password compare with case. */
function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a === b || normal(a) === normal(b)
}

/** An escaped character equals itself unescaped unless it is reserved; the escapes that stay are upper case. */
function normal(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, escape => {
    const char = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return unreserved.test(char) ? char : escape.toUpperCase()
  })
}

function sameParams(a: Params, b: Params): boolean {
  for (const [name, value] of a) {
    if (!b.has(name)) {
      if (decisiveParams.has(name)) return false
    } else if (normal(value ?? '').toLowerCase() !== normal(b.get(name) ?? '').toLowerCase()) return false
  }
  return true
}

/** Header components are never ignored; their order does not matter. */
function sameHeaders(a = '', b = ''): boolean {
  if (a === b) return true
  return sortedHeaders(a) === sortedHeaders(b)
}

function sortedHeaders(headers: string): string {
  return headers.split('&').map(normalHeader).toSorted().join('&')
}

function normalHeader(header: string): string {
  const equals = header.indexOf('=')
  return equals === -1
    ? header.toLowerCase()
    : header.slice(0, equals).toLowerCase() + normal(header.slice(equals))
}

/** Those that must not stand in one URI only. */
const decisiveParams: ReadonlySet<string> = new Set(['user', 'ttl', 'method', 'maddr', 'transport'])
const schemeText = /^[a-z][a-z0-9+.-]*$/
/** Visible ASCII without quotes and angle brackets: more than RFC 3261 allows (`#` is common in dialled numbers). */
const uriText = /^[!#-;=?-~]+$/
const brokenEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /(?:%[0-9A-Fa-f]{2})+/g
const noUser: UserInfo = { user: undefined, password: undefined }
const unreserved = /[\w\-.!~*'()]/
const telNumber = /^[\w+*#.()-]+$/
