import type { Headers } from './headers.ts'

/** A SIP request as it was received or as it will be sent. */
export interface SipRequest {
  readonly kind: 'request'
  /** Upper-case token, e.g. `INVITE`. */
  readonly method: string
  /** The Request-URI as text; `parseUri` reads it. */
  readonly uri: string
  readonly headers: Headers
  readonly body: Buffer
}

/** A SIP response as it was received or as it will be sent. */
export interface SipResponse {
  readonly kind: 'response'
  /** 100…699. */
  readonly status: number
  readonly reason: string
  readonly headers: Headers
  readonly body: Buffer
}

/** Either kind of message; `kind` tells which. */
export type SipMessage = SipRequest | SipResponse

/** A header line to be written: name as it shall appear, value without line breaks. */
export type HeaderLine = readonly [name: string, value: string]
