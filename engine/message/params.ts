import { endOfQuoted, isToken, quoted, skipBlank, trimmed, unquoted } from './grammar.ts'

/** Parameters of a header value: names in lower case, values without quotes, undefined when there is no `=`. */
export type Params = ReadonlyMap<string, string | undefined>

/** No parameters; shared, because most values have none. */
export const noParams: Params = new Map<string, string | undefined>()

/**
 * Reads `;name=value;name…` from `at` to the end; undefined when that is broken or names one twice (RFC 3261 §7.3.1). Of two
 * tags the first counts: peers that answer inside a dialog are known to add theirs once more.
 */
export function parseParams(text: string, at: number): Params | undefined {
  let next = skipBlank(text, at)
  if (next === text.length) return noParams
  const params = new Map<string, string | undefined>()
  while (next < text.length) {
    if (text.charCodeAt(next) !== semicolon) return undefined
    next = readParam(text, next + 1, params)
    if (next === -1) return undefined
  }
  return params
}

/** `params` but for the one of that name. */
export function without(params: Params, name: string): Params {
  if (!params.has(name)) return params
  if (params.size === 1) return noParams
  const rest = new Map(params)
  rest.delete(name)
  return rest
}

/** Writes what `parseParams` reads, quoting values where that is needed. */
export function writeParams(params: Params): string {
  let text = ''
  for (const [name, value] of params)
    text += value === undefined ? `;${name}` : `;${name}=${writeValue(value)}`
  return text
}

/** Writes a value as it was read: as it is wherever `parseParams` takes it so. */
export function writeAsRead(value: string): string {
  return plainValue.test(value) ? value : quoted(value)
}

/** Puts the parameter at `at` into `params` and returns where the next begins; -1 when it is broken. */
function readParam(text: string, at: number, params: Map<string, string | undefined>): number {
  const end = endOf(text, at)
  const equals = text.indexOf('=', at)
  const hasValue = equals !== -1 && equals < end
  const name = trimmed(text, at, hasValue ? equals : end).toLowerCase()
  if (!isToken(name)) return -1
  if (params.has(name)) return name === 'tag' ? end : -1
  if (!hasValue) {
    params.set(name, undefined)
    return end
  }
  const start = skipBlank(text, equals + 1)
  if (text.charCodeAt(start) === quote) return readQuoted(text, start, name, params)
  const value = trimmed(text, start, end)
  if (!plainValue.test(value)) return -1
  params.set(name, value)
  return end
}

function readQuoted(
  text: string,
  start: number,
  name: string,
  params: Map<string, string | undefined>,
): number {
  const end = endOfQuoted(text, start)
  if (end === -1) return -1
  params.set(name, unquoted(text, start, end))
  return skipBlank(text, end)
}

function endOf(text: string, at: number): number {
  const found = text.indexOf(';', at)
  return found === -1 ? text.length : found
}

function writeValue(value: string): string {
  return safeValue.test(value) ? value : quoted(value)
}

const quote = 34
const semicolon = 59
/** More than RFC 3261 allows without quotes, because `=`, `/` and `@` are common in the wild; never a separator. */
const plainValue = /^[!#-+\--:=?-~]+$/
/** Tags and branches of peers hold `=`, and must come back as they came. */
const safeValue = /^[\w\-.!%*+`'~:[\]=]+$/
