import { endOfQuoted, quoted, skipBlank, trimmed, unquoted } from './grammar.ts'
import { parseParams, writeParams, type Params } from './params.ts'

/** The value of From, To, Contact, Route, Refer-To and their like (RFC 3261 §20.10). */
export interface NameAddr {
  /** Without quotes and escapes. */
  readonly display?: string
  /** The URI as text; `parseUri` reads it. */
  readonly uri: string
  /** Names in lower case, values without quotes; undefined when there is no `=`. */
  readonly params: Params
}

/** Reads one value (`splitList` first where a header may hold several); undefined when it is broken or `*`. */
export function parseNameAddr(value: string): NameAddr | undefined {
  const at = skipBlank(value, 0)
  if (value.charCodeAt(at) === quote) return parseQuotedName(value, at)
  const open = value.indexOf('<')
  const semicolon = value.indexOf(';')
  if (open === -1 || (semicolon !== -1 && semicolon < open)) return parseAddrSpec(value, semicolon)
  const display = trimmed(value, at, open)
  if (display !== '' && !plainDisplay.test(display)) return undefined
  return parseBracketed(value, open, display)
}

/** Writes what `parseNameAddr` reads; a display name is always quoted. */
export function writeNameAddr({ display, uri, params }: NameAddr): string {
  const name = display === undefined || display === '' ? '' : `${quoted(display)} `
  return `${name}<${uri}>${writeParams(params)}`
}

/** The tag of a From or To value; undefined when it has none or is broken. */
export function tagOf(value: string): string | undefined {
  if (value.includes('"')) return parseNameAddr(value)?.params.get('tag')
  const from = value.indexOf('>') + 1
  const at = value.indexOf(';tag=', from)
  if (at === -1) return value.includes(';', from) ? parseNameAddr(value)?.params.get('tag') : undefined
  const end = value.indexOf(';', at + 5)
  const tag = trimmed(value, at + 5, end === -1 ? value.length : end)
  return tag === '' ? undefined : tag
}

/** The values of a header that lists several, e.g. Via, Contact, Allow; not for headers whose one value holds commas, e.g. Authorization. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value.trim() === '' ? [] : [value.trim()]
  const items: string[] = []
  let start = 0
  let inUri = false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === quote && !inUri) {
      const end = endOfQuoted(value, i)
      if (end === -1) break
      i = end - 1
    } else if (code === lessThan) inUri = true
    else if (code === greaterThan) inUri = false
    else if (code === comma && !inUri) {
      items.push(trimmed(value, start, i))
      start = i + 1
    }
  }
  items.push(trimmed(value, start, value.length))
  return items.filter(item => item !== '')
}

function parseQuotedName(value: string, at: number): NameAddr | undefined {
  const end = endOfQuoted(value, at)
  if (end === -1) return undefined
  const open = skipBlank(value, end)
  return value.charCodeAt(open) === lessThan
    ? parseBracketed(value, open, unquoted(value, at, end))
    : undefined
}

function parseBracketed(value: string, open: number, display: string): NameAddr | undefined {
  const close = value.indexOf('>', open)
  const uri = value.slice(open + 1, close)
  if (close === -1 || !uriText.test(uri)) return undefined
  const params = parseParams(value, close + 1)
  if (params === undefined) return undefined
  return display === '' ? { uri, params } : { display, uri, params }
}

/** Without angle brackets, what follows the first semicolon belongs to the header, and `,` and `?` are forbidden (RFC 3261 §20). */
function parseAddrSpec(value: string, semicolon: number): NameAddr | undefined {
  const end = semicolon === -1 ? value.length : semicolon
  const uri = trimmed(value, 0, end)
  if (!uriText.test(uri) || uri.includes('?') || uri.includes(',')) return undefined
  const params = parseParams(value, end)
  return params === undefined ? undefined : { uri, params }
}

const quote = 34
const comma = 44
const lessThan = 60
const greaterThan = 62
/** Tokens and blanks by RFC 3261; beyond ASCII and a few signs more as peers write them. */
// eslint-disable-next-line no-control-regex
const plainDisplay = /^[^\x00-\x08\x0A-\x1F"(),:;<>@[\]\\\x7F]+$/
/** A scheme, a colon and something without blanks, quotes and angle brackets. */
const uriText = /^[A-Za-z][\w+.-]*:[!#-;=?-~\u0080-\uFFFF]+$/
