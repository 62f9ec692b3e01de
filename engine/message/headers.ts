import type { HeaderLine } from './message.ts'

/** The header lines of one message, in their order, found by name in any case and in the compact form (RFC 3261 §7.3.3). */
export class Headers {
  /** As received, names untouched; unfolded. */
  readonly lines: readonly HeaderLine[]

  constructor(lines: readonly HeaderLine[]) {
    this.lines = lines
  }

  /** The value of the first line of that name. */
  get(name: string): string | undefined {
    const wanted = longName(name)
    for (const [lineName, value] of this.lines) if (longName(lineName) === wanted) return value
    return undefined
  }

  /** The values of every line of that name; a line that lists several values is one string. */
  all(name: string): readonly string[] {
    const wanted = longName(name)
    const found: string[] = []
    for (const [lineName, value] of this.lines) if (longName(lineName) === wanted) found.push(value)
    return found
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }
}

/** The lower-case long form of a header name. */
export function longName(name: string): string {
  const known = memory.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const long = compactForms[lower] ?? lower
  // Peers choose the names: what is remembered about them is bounded.
  if (memory.size < 512) memory.set(name, long)
  return long
}

const memory = new Map<string, string>()

/** RFC 3261 §20, RFC 3515, 3841, 3892, 4028, 6665, 8224. */
const compactForms: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
})
