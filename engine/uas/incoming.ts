import type { Source } from '../api.ts'
import { stampedVia } from '../addresses.ts'
import { callId, cseq, fromTag, toTag, topVia } from '../message/accessors.ts'
import type { SipRequest } from '../message/message.ts'
import type { RequestIdentity } from '../transaction/key.ts'
import type { Via } from '../message/via.ts'

/** A request of a peer with what it is matched by, read once. */
export interface Incoming extends RequestIdentity {
  readonly request: SipRequest
  readonly source: Source
  readonly via: Via
  readonly toTag: string | undefined
}

/** Undefined when there is nothing to match it by, which a parsed request always has. */
export function incomingFrom(request: SipRequest, source: Source): Incoming | undefined {
  const via = topVia(request)
  const number = cseq(request)?.number
  if (via === undefined || number === undefined) return undefined
  return {
    request,
    source,
    via,
    method: request.method,
    callId: callId(request),
    fromTag: fromTag(request) ?? '',
    toTag: toTag(request),
    cseq: number,
  }
}

/** The request as it is told and answered: its top Via shows where it really came from. */
export function stamped(request: SipRequest, source: Source): SipRequest {
  const { kind, method, uri, headers, body } = request
  const at = headers.names().indexOf('via')
  const value = headers.lines[at]?.[1]
  if (value === undefined) return request
  return { kind, method, uri, headers: headers.with(at, stampedVia(value, source)), body }
}
