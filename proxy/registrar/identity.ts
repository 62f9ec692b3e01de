/** Whom a request of an agent names as its sender. Nothing of it is believed: it must fit the agent that was proven. */
import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { parseUri, unescaped } from '../../engine/message/uri.ts'

/** Whether the request speaks for `agent` of `domain` and for nobody else, in every header that can name a sender. */
export function speaksFor(request: SipRequest, agent: string, domain: string): boolean {
  const own = (value: string): boolean => isAgent(uriIn(value), agent, domain)
  const asserted = ['P-Asserted-Identity', 'P-Preferred-Identity'].flatMap(name =>
    request.headers.all(name).flatMap(splitList),
  )
  // A Contact may be anything that stands for a device (RFC 7118 §5.1), but not another's address of record.
  const contacts = request.headers.all('Contact').flatMap(splitList)
  return (
    own(request.headers.get('From') ?? '') &&
    asserted.every(own) &&
    contacts.every(value => !isOf(uriIn(value), domain) || own(value))
  )
}

/** Whether a REGISTER is for the address of record of `agent`. */
export function isAddressedTo(request: SipRequest, agent: string, domain: string): boolean {
  return isAgent(uriIn(request.headers.get('To') ?? ''), agent, domain)
}

function isAgent(uri: string | undefined, agent: string, domain: string): boolean {
  const user = uri === undefined ? undefined : parseUri(uri)?.user
  return isOf(uri, domain) && user !== undefined && unescaped(user).toLowerCase() === agent
}

function isOf(uri: string | undefined, domain: string): boolean {
  const parsed = uri === undefined ? undefined : parseUri(uri)
  const isSip = parsed?.scheme === 'sip' || parsed?.scheme === 'sips'
  return isSip && parsed.host.toLowerCase() === domain.toLowerCase()
}

function uriIn(value: string): string | undefined {
  return parseNameAddr(value)?.uri
}
