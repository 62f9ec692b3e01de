import { parseHead, type Head } from './head.ts'
import type { Headers } from './headers.ts'
import { defaultLimits, type MessageLimits } from './limits.ts'
import { mandatoryFault } from './mandatory.ts'
import type { SipMessage, SipRequest } from './message.ts'
import type { StartLine } from './start-line.ts'

/** What became of the bytes. `trailing` counts the bytes after the body: ignored on UDP, an offence on WebSocket (RFC 3261 §18.3). */
export type Parsed =
  | { readonly ok: true; readonly message: SipMessage; readonly trailing: number }
  | { readonly ok: false; readonly fault: MessageFault }

/** Why the bytes are no SIP message that may be processed. */
export interface MessageFault {
  /** Stable and in kebab-case, e.g. `missing-call-id`. */
  readonly reason: string
  /** Present when it was a request (other than ACK) with a Via: its headers are good enough for a stateless answer. */
  readonly answerable?: SipRequest
  /** The status of that answer. */
  readonly status?: FaultStatus
}

/** The final answers that a broken request may get. */
export type FaultStatus = 400 | 505

/** Reads exactly one message from a datagram, a WebSocket message or a framed piece of a stream. Never throws; time is linear. */
export function parseMessage(bytes: Buffer, limits: MessageLimits = defaultLimits): Parsed {
  if (bytes.length > limits.message) return { ok: false, fault: { reason: 'message-too-large' } }
  const from = skipLineBreaks(bytes)
  const end = bytes.indexOf(blankLine, from)
  const head = parseHead(bytes.toString('utf8', from, end === -1 ? bytes.length : end), limits)
  const reason = end === -1 ? 'unterminated-headers' : (head.fault ?? mandatoryFault(head, limits))
  if (reason !== undefined || head.start.kind === 'neither') return refused(head, reason ?? 'not-sip')
  const available = bytes.length - end - 4
  const length = bodyLength(head.headers.get('content-length'), available)
  if (typeof length === 'string') return refused(head, length)
  const body = length === 0 ? noBody : bytes.subarray(end + 4, end + 4 + length)
  return { ok: true, message: messageOf(head.start, head.headers, body), trailing: available - length }
}

/** RFC 3261 §18.3: without Content-Length the body is the rest. A string is the fault. */
function bodyLength(contentLength: string | undefined, available: number): number | string {
  if (contentLength === undefined) return available
  if (!/^\d{1,10}$/.test(contentLength)) return 'invalid-content-length'
  const length = Number(contentLength)
  return length > available ? 'body-too-short' : length
}

function messageOf(
  start: Exclude<StartLine, { kind: 'neither' }>,
  headers: Headers,
  body: Buffer,
): SipMessage {
  if (start.kind === 'request')
    return { kind: 'request', method: start.method, uri: start.uri, headers, body }
  return { kind: 'response', status: start.status, reason: start.reason, headers, body }
}

function refused({ start, headers }: Head, reason: string): Parsed {
  if (start.kind !== 'request' || start.method === 'ACK' || !headers.has('via')) {
    return { ok: false, fault: { reason } }
  }
  const answerable: SipRequest = {
    kind: 'request',
    method: start.method,
    uri: start.uri,
    headers,
    body: noBody,
  }
  const status = reason === 'unsupported-version' ? 505 : 400
  return { ok: false, fault: { reason, answerable, status } }
}

/** RFC 3261 §7.5: line breaks before the start line are ignored. */
function skipLineBreaks(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 13 && bytes[at + 1] === 10) at += 2
  return at
}

const blankLine = Buffer.from('\r\n\r\n')
const noBody = Buffer.alloc(0)
