import { PorticoError } from '../../runtime/errors.ts'
import { hasBareNul, isToken } from './grammar.ts'
import { isKnownName, longName, type Headers } from './headers.ts'
import type { SipMessage } from './message.ts'

/**
 * The message as bytes, in one buffer. Content-Length is computed and replaces any that is given. Throws `E_SIP_SYNTAX`
 * when a part could break out of its place: line breaks and NUL anywhere, blanks in the Request-URI, no token as a name.
 */
export function writeMessage(message: SipMessage): Buffer {
  const { headers, body } = message
  const head = `${startLine(message)}\r\n${headerLines(headers)}Content-Length: ${body.length}\r\n\r\n`
  if (body.length === 0) return Buffer.from(head)
  const headLength = Buffer.byteLength(head)
  const bytes = Buffer.allocUnsafe(headLength + body.length)
  bytes.write(head)
  body.copy(bytes, headLength)
  return bytes
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') {
    const { method, uri } = message
    if (!isToken(method)) throw syntax('the method', method)
    if (!visible.test(uri)) throw syntax('the Request-URI', uri)
    return `${method} ${uri} SIP/2.0`
  }
  const { status, reason } = message
  if (!Number.isInteger(status) || status < 100 || status > 699) throw syntax('the status', String(status))
  if (isBroken(reason)) throw syntax('the reason phrase', reason)
  return `SIP/2.0 ${status} ${reason}`
}

function headerLines(headers: Headers): string {
  let text = ''
  for (const [name, value] of headers.lines) {
    if (longName(name) === 'content-length') continue
    if (!isKnownName(name) && !isToken(name)) throw syntax('a header name', name)
    if (isBroken(value)) throw syntax(`the value of ${name}`, value)
    text += `${name}: ${value}\r\n`
  }
  return text
}

function isBroken(text: string): boolean {
  return suspicious.test(text) && (lineBreak.test(text) || hasBareNul(text))
}

function syntax(part: string, text: string): PorticoError {
  return new PorticoError('E_SIP_SYNTAX', `${part} cannot be sent: ${JSON.stringify(text.slice(0, 64))}`)
}

const visible = /^[!-~\u0080-\uFFFF]+$/
const lineBreak = /[\r\n]/
// eslint-disable-next-line no-control-regex
const suspicious = /[\r\n\0]/
