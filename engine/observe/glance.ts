import { isBlank } from '../message/grammar.ts'

/** What a message shows at first sight, without being parsed. */
export interface Glance {
  /** Of a request; of a response the method that its CSeq names; empty when it shows none. */
  readonly method: string
  /** Of a response. */
  readonly status?: string
}

/** Looks at the start of a message. Costs a fraction of parsing; a message that is none gives an empty method. */
export function glance(bytes: Buffer): Glance {
  const start = bytes.toString('latin1', 0, longestMethod + 1)
  if (start.startsWith('SIP/2.0 ')) return { status: start.slice(8, 11), method: answeredMethod(bytes) }
  const end = start.indexOf(' ')
  return { method: end > 0 ? start.slice(0, end) : '' }
}

function answeredMethod(bytes: Buffer): string {
  const named = headerValue(bytes, cseq) ?? ''
  let at = named.length
  while (at > 0 && !isBlank(named.charCodeAt(at - 1))) at -= 1
  return named.slice(at)
}

/** The Call-ID of a message, at most 256 characters of it; undefined when it shows none. */
export function glanceCallId(bytes: Buffer): string | undefined {
  return headerValue(bytes, callId)
}

/** The value of a header that is written as `name` says, at most 256 characters of it. */
export function glanceHeader(bytes: Buffer, name: string): string | undefined {
  const head = `\r\n${name}: `
  const at = bytes.indexOf(head, 0, 'latin1')
  return at === -1 || at > bytes.indexOf('\r\n\r\n') ? undefined : valueAt(bytes, at + head.length)
}

interface Named {
  /** As nearly everybody writes it. */
  readonly usual: Buffer
  /** All other ways. */
  readonly any: RegExp
}

const cseq: Named = { usual: Buffer.from('\r\nCSeq: '), any: /\r\ncseq[ \t]*:[ \t]*/i }
const callId: Named = { usual: Buffer.from('\r\nCall-ID: '), any: /\r\n(?:call-id|i)[ \t]*:[ \t]*/i }

function headerValue(bytes: Buffer, { usual, any }: Named): string | undefined {
  const at = bytes.indexOf(usual)
  return at === -1 ? searched(bytes, any) : valueAt(bytes, at + usual.length)
}

function searched(bytes: Buffer, any: RegExp): string | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  const found = any.exec(bytes.toString('latin1', 0, end === -1 ? bytes.length : end))
  return found === null ? undefined : valueAt(bytes, found.index + found[0].length)
}

function valueAt(bytes: Buffer, from: number): string {
  const end = bytes.indexOf(cr, from)
  const to = Math.min(end === -1 ? bytes.length : end, from + longest)
  return bytes.toString('latin1', from, to).trimEnd()
}

const cr = 13
const longest = 256
const longestMethod = 32
