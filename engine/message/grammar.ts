/** Whether `text` is a token of RFC 3261 §25.1: a method, a header name, a parameter name. */
export function isToken(text: string): boolean {
  return token.test(text)
}

const token = /^[\w\-.!%*+`'~]+$/

/** `text` from `from` to `to` without the spaces and tabs at both ends. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** The first index at or after `at` that holds neither space nor tab. */
export function skipBlank(text: string, at: number): number {
  let next = at
  while (next < text.length && isBlank(text.charCodeAt(next))) next++
  return next
}

/** Whether a character code is that of a space or a tab. */
export function isBlank(code: number): boolean {
  return code === space || code === tab
}

/** The index behind the quoted string that begins at `at`; -1 when it does not end. */
export function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i + 1
    if (code === backslash) i++
  }
  return -1
}

/** What the quoted string from `at` to `end` (both quotes included) means. */
export function unquoted(text: string, at: number, end: number): string {
  const inner = text.slice(at + 1, end - 1)
  return inner.includes('\\') ? inner.replaceAll(/\\(.)/gs, '$1') : inner
}

/** `text` as a quoted string. */
export function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex
  return `"${text.replaceAll(/["\\\0]/g, String.raw`\$&`)}"`
}

/** Whether NUL stands anywhere but behind a backslash; RFC 3261 §25.1 allows it there, in a quoted string. */
export function hasBareNul(text: string): boolean {
  return text.includes('\0') && bareNul.test(text)
}

// eslint-disable-next-line no-control-regex
const bareNul = /(?<!\\)\0/

const tab = 9
const space = 32
const quote = 34
const backslash = 92
