import { cseq } from './accessors.ts'
import type { SipRequest, SipResponse } from './message.ts'
import { optionTags } from './option-tags.ts'

/** The value of RAck: which reliable response to which request a PRACK acknowledges (RFC 3262 §7.2). */
export interface RAck {
  readonly rseq: number
  readonly cseq: number
  readonly method: string
}

/** Undefined when the request has none or it is broken. */
export function rackOf({ headers }: SipRequest): RAck | undefined {
  // What follows the method is let pass, as others do: drachtio-srf's own suite has a peer that names the method twice.
  const found = /^\s*(\d{1,10})\s+(\d{1,10})\s+(\S+)(?:\s|$)/.exec(headers.get('rack') ?? '')
  return found === null
    ? undefined
    : { rseq: Number(found[1]), cseq: Number(found[2]), method: found[3] ?? '' }
}

/** The RSeq of a provisional response that must be acknowledged by PRACK; undefined for every other response (RFC 3262 §4). */
export function reliableSeq(response: SipResponse): number | undefined {
  const { status, headers } = response
  if (status <= 100 || status >= 200 || !optionTags(headers, 'require').includes('100rel')) return undefined
  const value = headers.get('rseq')?.trim() ?? ''
  return /^\d{1,10}$/.test(value) ? Number(value) : undefined
}

/** What the PRACK of `response` says in RAck; undefined when it needs none. */
export function rackFor(response: SipResponse): string | undefined {
  const rseq = reliableSeq(response)
  const answered = cseq(response)
  return rseq === undefined || answered === undefined
    ? undefined
    : `${rseq} ${answered.number} ${answered.method}`
}
