import { Headers } from './headers.ts'
import type { HeaderLine, SipRequest, SipResponse } from './message.ts'
import { tagOf } from './name-addr.ts'
import { reasonOf } from './reasons.ts'

/** A request of exactly these parts; Content-Length comes with `writeMessage`. */
export function request(
  method: string,
  uri: string,
  headers: readonly HeaderLine[],
  body: Buffer | string = noBody,
): SipRequest {
  return { kind: 'request', method, uri, headers: new Headers(headers), body: bytesOf(body) }
}

/** A response of exactly these parts. */
export function response(
  status: number,
  headers: readonly HeaderLine[],
  options: { readonly reason?: string; readonly body?: Buffer | string } = {},
): SipResponse {
  const { reason = reasonOf(status), body = noBody } = options
  return { kind: 'response', status, reason, headers: new Headers(headers), body: bytesOf(body) }
}

/** A response with what RFC 3261 §8.2.6.2 copies from the request: Via, From, To, Call-ID, CSeq. `toTag` is added when To has none. */
export function responseTo(
  to: SipRequest,
  status: number,
  options: {
    readonly reason?: string
    readonly toTag?: string
    readonly headers?: readonly HeaderLine[]
    readonly body?: Buffer | string
  } = {},
): SipResponse {
  const { toTag, headers = [], ...rest } = options
  const names = to.headers.names()
  const copied = to.headers.lines.flatMap(([, value], at): HeaderLine[] => {
    const name = copiedNames.get(names[at] ?? '')
    if (name === undefined) return []
    return [[name, name === 'To' && toTag !== undefined ? withTag(value, toTag) : value]]
  })
  return response(status, [...copied, ...headers], rest)
}

function withTag(value: string, tag: string): string {
  return tagOf(value) === undefined ? `${value};tag=${tag}` : value
}

function bytesOf(body: Buffer | string): Buffer {
  if (typeof body !== 'string') return body
  return body === '' ? noBody : Buffer.from(body)
}

const noBody = Buffer.alloc(0)
const copiedNames: ReadonlyMap<string, string> = new Map([
  ['via', 'Via'],
  ['from', 'From'],
  ['to', 'To'],
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
])
