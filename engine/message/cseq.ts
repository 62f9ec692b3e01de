import { isToken, skipBlank, trimmed } from './grammar.ts'

/** The value of a CSeq header. */
export interface CSeq {
  /** Below 2^31 (RFC 3261 §8.1.1.5). */
  readonly number: number
  readonly method: string
}

/** Undefined when the value is broken or its number too large. */
export function parseCSeq(value: string): CSeq | undefined {
  let number = 0
  let at = skipBlank(value, 0)
  const start = at
  for (; at < value.length; at++) {
    const digit = value.charCodeAt(at) - zero
    if (digit < 0 || digit > 9) break
    number = number * 10 + digit
    if (number >= 2 ** 31) return undefined
  }
  const method = trimmed(value, at, value.length)
  return at > start && skipBlank(value, at) > at && isToken(method) ? { number, method } : undefined
}

const zero = 48
