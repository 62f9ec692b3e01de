import type { HeaderLine } from '../message/message.ts'

/**
 * SIP text of an application. It is no complete message: the engine adds what is missing, and Content-Length counts
 * characters in drachtio-srf, so the body is simply what follows the empty line.
 */
export type SipOrder =
  | {
      readonly kind: 'request'
      readonly method: string
      readonly uri: string
      readonly headers: readonly HeaderLine[]
      readonly body: Buffer
    }
  | {
      readonly kind: 'response'
      readonly status: number
      readonly reason: string
      readonly headers: readonly HeaderLine[]
      readonly body: Buffer
    }
  | { readonly kind: 'broken'; readonly reason: string }

/** Reads the text of an order; lines that are no header lines are left out, as a drachtio-server does. */
export function parseSipOrder(text: Buffer): SipOrder {
  const end = text.indexOf('\r\n\r\n')
  const head = text.toString('utf8', 0, end < 0 ? text.length : end)
  const body = end < 0 ? Buffer.alloc(0) : text.subarray(end + 4)
  const [start = '', ...lines] = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.flatMap(line => headerLine(line) ?? [])
  const status = statusLine.exec(start)
  if (status !== null) {
    return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '', headers, body }
  }
  const request = requestLine.exec(start)
  if (request?.[1] === undefined || request[2] === undefined) {
    return { kind: 'broken', reason: `invalid or missing method supplied on start line: ${printable(start)}` }
  }
  return { kind: 'request', method: request[1].toUpperCase(), uri: request[2], headers, body }
}

/** Text of an application as it may stand in a reply: one line, no field separator, not long. */
export function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[|\p{Cc}]/gu, ' ')
}

const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/
const requestLine = /^([A-Za-z0-9.!%*_+`'~-]{1,64}) (\S{1,8192}) SIP\/2\.0$/
const headerPattern = /^([A-Za-z0-9.!%*_+`'~-]{1,128})[ \t]*:(.*)$/

function headerLine(line: string): [HeaderLine] | undefined {
  const found = headerPattern.exec(line)
  if (found?.[1] === undefined || found[2] === undefined) return undefined
  return [[found[1], found[2].trim()]]
}
