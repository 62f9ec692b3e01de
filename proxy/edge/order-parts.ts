import { response } from '../../engine/message/build.ts'
import type { HeaderLine, SipResponse } from '../../engine/message/message.ts'
import type { Body } from '../ports.ts'

/** Headers and body of an order as the engine takes them. */
export function parts(order: { readonly headers?: readonly HeaderLine[]; readonly body?: Body }): {
  readonly headers: readonly HeaderLine[]
  readonly body?: string
} {
  const { headers = [], body } = order
  if (body === undefined) return { headers }
  return { headers: [...headers, ['Content-Type', body.type]], body: body.content }
}

/** The answer to a request that no peer has answered. */
export function localResponse(status: 408 | 481 | 503): SipResponse {
  return response(status, [])
}
