import { parseCSeq, type CSeq } from './cseq.ts'
import type { HeaderLine } from './message.ts'
import { parseNameAddr, splitList, type NameAddr } from './name-addr.ts'
import { parseVia, type Via } from './via.ts'

/**
 * The header lines of one message, in their order, found by name in any case and in the compact form (RFC 3261 §7.3.3). What
 * every message is matched by, and whom it names, is read once.
 */
export class Headers {
  /** As received, names untouched; unfolded. */
  readonly lines: readonly HeaderLine[]
  #names: readonly string[] | undefined
  #via: Via | undefined | null = null
  #cseq: CSeq | undefined | null = null
  #from: NameAddr | undefined | null = null
  #to: NameAddr | undefined | null = null
  #contacts: readonly (NameAddr | undefined)[] | undefined

  constructor(lines: readonly HeaderLine[]) {
    this.lines = lines
  }

  /** The same headers with another value in the line at `at`; what was read of the others is kept. */
  with(at: number, value: string): Headers {
    const line = this.lines[at]
    if (line === undefined) return this
    const changed = new Headers(this.lines.with(at, [line[0], value]))
    changed.#names = this.#names
    const name = this.#names?.[at]
    if (name !== 'cseq') changed.#cseq = this.#cseq
    if (name !== 'from') changed.#from = this.#from
    if (name !== 'to') changed.#to = this.#to
    if (name !== 'contact') changed.#contacts = this.#contacts
    return changed
  }

  /** The first Via value; undefined when there is none or it is broken. */
  topVia(): Via | undefined {
    if (this.#via === null) {
      const first = splitList(this.get('via') ?? '')[0]
      this.#via = first === undefined ? undefined : parseVia(first)
    }
    return this.#via
  }

  /** Undefined when there is none or it is broken. */
  cseq(): CSeq | undefined {
    if (this.#cseq === null) this.#cseq = parseCSeq(this.get('cseq') ?? '')
    return this.#cseq
  }

  /** Undefined when there is none or it is broken. */
  from(): NameAddr | undefined {
    if (this.#from === null) this.#from = parseNameAddr(this.get('from') ?? '')
    return this.#from
  }

  /** Undefined when there is none or it is broken. */
  to(): NameAddr | undefined {
    if (this.#to === null) this.#to = parseNameAddr(this.get('to') ?? '')
    return this.#to
  }

  /** Each Contact value but a lone `*`; undefined stands for one that is broken. */
  contacts(): readonly (NameAddr | undefined)[] {
    return (this.#contacts ??= contactsIn(this.all('contact')))
  }

  /** The lower-case long names of `lines`, in their order. */
  names(): readonly string[] {
    return (this.#names ??= this.lines.map(([name]) => longName(name)))
  }

  /** The value of the first line of that name. */
  get(name: string): string | undefined {
    const at = this.names().indexOf(longName(name))
    return at === -1 ? undefined : this.lines[at]?.[1]
  }

  /** The values of every line of that name; a line that lists several values is one string. */
  all(name: string): readonly string[] {
    const wanted = longName(name)
    const names = this.names()
    const found: string[] = []
    for (let at = names.indexOf(wanted); at !== -1; at = names.indexOf(wanted, at + 1)) {
      const line = this.lines[at]
      if (line !== undefined) found.push(line[1])
    }
    return found
  }

  has(name: string): boolean {
    return this.names().includes(longName(name))
  }
}

function contactsIn(values: readonly string[]): readonly (NameAddr | undefined)[] {
  const found: (NameAddr | undefined)[] = []
  for (const value of values) {
    if (value !== '*') for (const item of splitList(value)) found.push(parseNameAddr(item))
  }
  return found
}

/** The lower-case long form of a header name. */
export function longName(name: string): string {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  return knownNames.get(lower) ?? lower
}

/** Whether `name` is one that the engine knows in exactly this spelling, and so certainly a token. */
export function isKnownName(name: string): boolean {
  return knownNames.has(name)
}

/** RFC 3261 §20, RFC 3515, 3841, 3892, 4028, 6665, 8224. */
const compactForms: ReadonlyMap<string, string> = new Map([
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['n', 'Identity-Info'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
])

/** Other names seen in nearly every call; they stand here only to spare the lower-casing. */
const commonNames = `Accept Allow Authorization CSeq Call-Id Cseq Date Expires Max-Forwards Min-Expires Min-SE
  P-Asserted-Identity Path Privacy Proxy-Authenticate Proxy-Authorization RAck RSeq Reason Record-Route Replaces Require
  Retry-After Route Server User-Agent Warning WWW-Authenticate`.split(/\s+/)

const knownNames: ReadonlyMap<string, string> = new Map(
  [
    ...[...compactForms].flatMap(([short, long]) => [
      [short, long],
      [short.toUpperCase(), long],
    ]),
    ...[...compactForms.values(), ...commonNames].flatMap(name => [
      [name, name],
      [name.toLowerCase(), name],
    ]),
  ].map(([spelling = '', name = '']) => [spelling, name.toLowerCase()]),
)
