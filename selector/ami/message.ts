import { PorticoError } from '../../runtime/errors.ts'

/** A message from Asterisk: lower-case names and their values. A name that came twice has its first value. */
export type AmiMessage = ReadonlyMap<string, string>

/** The headers of an action; a record stands for variables, one line each. */
export type AmiFields = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/** What a message may measure. */
export const messageLimits = { headers: 128, valueLength: 8_192, messageBytes: 65_536 }

/**
 * A message of the library as plain text; undefined when it is larger than any that Asterisk sends. Only a Map: a
 * header may be called `__proto__`.
 */
export function messageOf(item: Readonly<Record<string, unknown>>): AmiMessage | undefined {
  const entries = Object.entries(item)
  if (entries.length > messageLimits.headers) return undefined
  const message = new Map<string, string>()
  for (const [name, value] of entries) {
    const first: unknown = Array.isArray(value) ? value.find(one => typeof one === 'string') : value
    if (typeof first !== 'string') continue
    if (first.length > messageLimits.valueLength) return undefined
    message.set(name, first)
  }
  return message
}

/**
 * The fields as they go to Asterisk. Throws `E_AMI_REFUSED` for anything that would not stay one header each: line ends
 * and NUL (Asterisk takes a bare LF as line end), lines over 1,000 bytes, more than 100 lines.
 */
export function outgoing(fields: AmiFields): Record<string, string | Record<string, string>> {
  const headers = Object.entries(fields).map(([name, value]) => [name, headerOf(name, value)] as const)
  const lines = headers.flatMap(([name, value]) =>
    typeof value === 'string'
      ? `${name}: ${value}`
      : Object.entries(value).map(pair => `${name}: ${pair.join('=')}`),
  )
  if (lines.length > 100) throw refused('an action has at most 100 headers')
  if (lines.some(line => Buffer.byteLength(line) > 1_000)) throw refused('a header has at most 1,000 bytes')
  return Object.fromEntries(headers)
}

function headerOf(name: string, value: AmiFields[string]): string | Record<string, string> {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) throw refused(`${JSON.stringify(name)} is no header name`)
  if (typeof value === 'string') return oneLine(name, value)
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => [variableName(key), variable(key, text)]),
  )
}

/** Functions such as `PJSIP_HEADER(add,X-Call)` may be set too. */
function variableName(name: string): string {
  if (!/^\w+(\([\w,-]+\))?$/.test(name)) throw refused(`${JSON.stringify(name)} is no variable name`)
  return name
}

/** Asterisk splits a Variable header at commas and takes quotes and backslashes out. */
function variable(name: string, text: string): string {
  return oneLine(name, text).replaceAll(/[\\,"]/g, '\\$&')
}

function oneLine(name: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw refused(`the value of ${name} holds a line end or NUL`)
  return text
}

function refused(why: string): PorticoError {
  return new PorticoError('E_AMI_REFUSED', `not sent to Asterisk: ${why}`)
}
