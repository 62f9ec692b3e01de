import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'

/** One contact of a REGISTER and how long it asks for, in seconds; 0 asks to be forgotten. */
export interface Wish {
  readonly uri: string
  readonly expires: number
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
    if (!contact || !parseUri(contact.uri)) return undefined
    wishes.push({ uri: contact.uri, expires: seconds(contact.params.get('expires')) ?? general })
  }
  return wishes
}

/** The agent whose registration is asked for: the user of To, in lower case. */
export function addresseeOf(request: SipRequest): string | undefined {
  const to = parseNameAddr(request.headers.get('To') ?? '')
  return to && parseUri(to.uri)?.user?.toLowerCase()
}

/** RFC 3261 §20.19: up to 2^32-1; what is no number counts as not given. */
function seconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,10}$/.test(value.trim()) ? Number(value) : undefined
}
