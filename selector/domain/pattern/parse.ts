import { charSet, rangeSet, type CharSet } from './program.ts'

/** A pattern as a tree. */
export type Tree =
  | { readonly kind: 'char'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'either'; readonly parts: readonly Tree[] }
  /** `most` undefined: any number of times. */
  | { readonly kind: 'repeat'; readonly part: Tree; readonly least: number; readonly most?: number }
  /** `index` counts from 1; undefined for `(?:…)`. */
  | { readonly kind: 'group'; readonly part: Tree; readonly index?: number }

/** What is wrong with a pattern, for the one who wrote it. */
export class PatternFault {
  readonly wrong: string
  constructor(wrong: string) {
    this.wrong = wrong
  }
}

/** The longest pattern. */
export const patternLength = 256
const mostRepeats = 64
const mostDepth = 16

/**
 * Reads a pattern: characters, `.`, `\d`, `\w`, `[…]`, `(…)`, `(?:…)`, `|`, `* + ? {n} {n,} {n,m}`; `\` takes the next sign as
 * it is. It always covers the whole text; `^` at the start and `$` at the end may be written.
 */
export function parsePattern(text: string): Tree | PatternFault {
  if (text.length > patternLength) return new PatternFault(`is longer than ${patternLength} characters`)
  const reader = new Reader(text.replace(/^\^/, '').replace(/(?<!\\)\$$/, ''))
  const tree = reader.alternatives(0)
  if (reader.fault) return reader.fault
  return reader.atEnd() ? tree : new PatternFault('has a ) without its (')
}

class Reader {
  fault: PatternFault | undefined
  readonly #text: string
  #at = 0
  #groups = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  alternatives(depth: number): Tree {
    if (depth > mostDepth) return this.#fail(`has more than ${mostDepth} groups in one another`)
    const parts = [this.#sequence(depth)]
    while (this.#takes('|')) parts.push(this.#sequence(depth))
    const [first] = parts
    return parts.length === 1 && first ? first : { kind: 'either', parts }
  }

  #sequence(depth: number): Tree {
    const parts: Tree[] = []
    while (!this.atEnd() && this.#peek() !== '|' && this.#peek() !== ')' && !this.fault) {
      parts.push(this.#quantified(this.#atom(depth)))
    }
    return { kind: 'sequence', parts }
  }

  #quantified(part: Tree): Tree {
    const [sign = '', counts] = /^(?:[*+?]|\{(\d{1,3}(?:,\d{0,3})?)\})/.exec(this.#text.slice(this.#at)) ?? []
    if (sign === '') return part
    this.#at += sign.length
    if (/^[*+?{]/.test(this.#peek())) return this.#fail(`has ${this.#peek()} after another repetition`)
    if (counts !== undefined) return this.#counted(part, counts)
    const least = sign === '+' ? 1 : 0
    return sign === '?' ? { kind: 'repeat', part, least, most: 1 } : { kind: 'repeat', part, least }
  }

  /** `n`, `n,` or `n,m`. */
  #counted(part: Tree, counts: string): Tree {
    const [from, to = from] = counts.split(',')
    const least = Number(from)
    const most = to === '' ? least : Number(to)
    if (least > mostRepeats || most > mostRepeats) return this.#fail(`repeats more than ${mostRepeats} times`)
    if (most < least) return this.#fail(`has {${counts}}, whose end is before its start`)
    return to === '' ? { kind: 'repeat', part, least } : { kind: 'repeat', part, least, most }
  }

  #atom(depth: number): Tree {
    const char = this.#next()
    switch (char) {
      case '(':
        return this.#group(depth)
      case '[':
        return this.#class()
      case '.':
        return { kind: 'char', set: rangeSet([], true) }
      case '\\':
        return this.#escaped()
      case '*':
      case '+':
      case '?':
      case '{':
        return this.#fail(`has ${char} with nothing before it; the sign itself is written \\${char}`)
      case '^':
      case '$':
        return this.#fail(`has ${char} in the middle; the sign itself is written \\${char}`)
      default:
        return this.#char(char)
    }
  }

  #group(depth: number): Tree {
    const isPlain = this.#takes('?')
    if (isPlain && !this.#takes(':')) return this.#fail('may hold (…) and (?:…), no other group')
    const index = isPlain ? undefined : ++this.#groups
    if (this.#groups > 9) return this.#fail('has more than nine groups')
    const part = this.alternatives(depth + 1)
    if (!this.#takes(')')) return this.#fail('has a ( without its )')
    return index === undefined ? { kind: 'group', part } : { kind: 'group', part, index }
  }

  #class(): Tree {
    const negated = this.#takes('^')
    const ranges: [number, number][] = []
    while (!this.atEnd() && this.#peek() !== ']') {
      const from = this.#classChar()
      const isRange = this.#peek() === '-' && this.#text[this.#at + 1] !== ']'
      const to = isRange && this.#takes('-') ? this.#classChar() : from
      if (from > 127 || to > 127) return this.#fail('may name characters of ASCII only')
      if (to < from) return this.#fail('has a range in […] whose end is before its start')
      ranges.push([from, to])
    }
    if (!this.#takes(']')) return this.#fail('has a [ without its ]')
    return ranges.length === 0
      ? this.#fail('has an empty […]')
      : { kind: 'char', set: rangeSet(ranges, negated) }
  }

  #classChar(): number {
    this.#takes('\\')
    return this.#next().charCodeAt(0)
  }

  #escaped(): Tree {
    const char = this.#next()
    if (char === 'd') return { kind: 'char', set: rangeSet([digits]) }
    if (char === 'w') return { kind: 'char', set: rangeSet([digits, [65, 90], [97, 122], [95, 95]]) }
    return /^[^A-Za-z0-9]$/.test(char)
      ? this.#char(char)
      : this.#fail(`has \\${char}, which means nothing here`)
  }

  #char(char: string): Tree {
    return char.charCodeAt(0) > 127
      ? this.#fail('may name characters of ASCII only')
      : { kind: 'char', set: charSet(char) }
  }

  #fail(wrong: string): Tree {
    this.fault ??= new PatternFault(wrong)
    return { kind: 'sequence', parts: [] }
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #next(): string {
    const char = this.#peek()
    this.#at += 1
    return char
  }

  #takes(char: string): boolean {
    if (this.#peek() !== char) return false
    this.#at += 1
    return true
  }
}

const digits: [number, number] = [48, 57]
