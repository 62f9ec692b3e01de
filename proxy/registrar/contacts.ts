import { cseq } from '../../engine/message/accessors.ts'
import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import type { Params } from '../../engine/message/params.ts'
import { parseUri } from '../../engine/message/uri.ts'

/** One contact of a REGISTER and how long it asks for, in seconds; 0 asks to be forgotten. */
export interface Wish {
  readonly uri: string
  readonly expires: number
  /** The phone, and which of its connections this is (RFC 5626 §4.2). */
  readonly outbound?: Outbound
}

/** What names a phone's connection when its Contact has changed. */
export interface Outbound {
  readonly instance: string
  readonly regId: number
}

/** What a REGISTER asks for: contacts, `all` to forget every one, undefined when it makes no sense (400). */
export function wishesOf(request: SipRequest, defaultSec: number): readonly Wish[] | 'all' | undefined {
  const values = request.headers.all('Contact').flatMap(splitList)
  const general = seconds(request.headers.get('Expires')) ?? defaultSec
  // RFC 3261 §10.3 step 6: a star stands alone and only removes.
  if (values.some(value => value.trim() === '*'))
    return values.length === 1 && general === 0 ? 'all' : undefined
  const wishes: Wish[] = []
  for (const value of values) {
    const contact = parseNameAddr(value)
    if (!contact || contact.uri.length > longestUri || !parseUri(contact.uri)) return undefined
    const outbound = outboundOf(contact.params)
    wishes.push({
      uri: contact.uri,
      expires: seconds(contact.params.get('expires')) ?? general,
      ...(outbound && { outbound }),
    })
  }
  // RFC 5626 §6: one connection is registered by one contact.
  const flows = wishes.filter(({ outbound, expires }) => outbound && expires > 0)
  return flows.length > 1 ? undefined : wishes
}

/** The order of a phone's REGISTERs: Call-ID and CSeq (RFC 3261 §10.3 step 7). */
export function orderOf(request: SipRequest): { readonly callId: string; readonly cseq: number } {
  const callId = (request.headers.get('Call-ID') ?? '').slice(0, longestUri)
  return { callId, cseq: cseq(request)?.number ?? 0 }
}

const longestUri = 512

/** A reg-id without an instance means nothing (RFC 5626 §6). */
function outboundOf(params: Params): Outbound | undefined {
  const instance = /^<([\w:.-]{1,128})>$/.exec(params.get('+sip.instance') ?? '')?.[1]
  const regId = params.get('reg-id') ?? ''
  if (instance === undefined || !/^[1-9]\d{0,9}$/.test(regId)) return undefined
  return { instance, regId: Number(regId) }
}

/** RFC 3261 §20.19: up to 2^32-1; what is no number counts as not given. */
function seconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,10}$/.test(value.trim()) ? Number(value) : undefined
}
