import { createHash } from 'node:crypto'
import { endOfQuoted, isToken, quoted, unquoted } from './grammar.ts'
import { splitList } from './name-addr.ts'

/** The value of (Proxy-)Authorization, WWW-Authenticate or Proxy-Authenticate. */
export interface Auth {
  /** As written, e.g. `Digest`; compare without case. */
  readonly scheme: string
  /** Names in lower case, values without quotes. */
  readonly params: ReadonlyMap<string, string>
}

/** The algorithms of RFC 3261 and RFC 8760 that are offered. */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

/** What a digest response is computed from (RFC 7616 §3.4.1). */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm
  /** Hex of H(user:realm:password). */
  readonly ha1: string
  readonly nonce: string
  readonly nc?: string
  readonly cnonce?: string
  /** `auth`; absent for the form of RFC 2069. */
  readonly qop?: string
  readonly method: string
  readonly uri: string
}

/** Undefined when it is not a scheme followed by `name=value` pairs, or names one twice. */
export function parseAuth(value: string): Auth | undefined {
  const blank = value.trim().search(/[ \t]/)
  const scheme = value.trim().slice(0, blank)
  if (blank === -1 || !isToken(scheme)) return undefined
  const params = new Map<string, string>()
  for (const pair of splitList(value.trim().slice(blank))) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    const read = readValue(pair.slice(equals + 1).trim())
    if (!isToken(name) || read === undefined || params.has(name)) return undefined
    params.set(name, read)
  }
  return { scheme, params }
}

/** Writes what `parseAuth` reads, quoting what RFC 7616 §3.3 and §3.4 want quoted. */
export function writeAuth({ scheme, params }: Auth): string {
  // In an answer qop is a token, in a challenge it is quoted.
  const isAnswer = params.has('response')
  const pairs = [...params].map(([name, value]) => {
    const bare = bareNames.has(name) || (name === 'qop' && isAnswer)
    return `${name}=${bare && isToken(value) ? value : quoted(value)}`
  })
  return `${scheme} ${pairs.join(', ')}`
}

/** The `response` of a digest, as lower-case hex. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, ha1, nonce, nc = '', cnonce = '', qop, method, uri } = input
  const ha2 = hash(algorithm, `${method}:${uri}`)
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
  return hash(algorithm, `${ha1}:${middle}:${ha2}`)
}

/** H(user:realm:password) as lower-case hex: all that has to be stored of a password. */
export function digestHa1(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return hash(algorithm, `${user}:${realm}:${password}`)
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex')
}

function readValue(text: string): string | undefined {
  if (!text.startsWith('"')) return /^[^\s",=][^\s",]*$/.test(text) ? text : undefined
  return endOfQuoted(text, 0) === text.length ? unquoted(text, 0, text.length) : undefined
}

const bareNames: ReadonlySet<string> = new Set(['algorithm', 'nc', 'stale', 'userhash'])
