/** Whom a request of an agent names as its sender. Nothing of it is believed: it must fit the agent that was proven. */
import { parseNameAddr, splitList, type NameAddr } from '../../engine/message/name-addr.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { parseUri, unescaped, type SipUri } from '../../engine/message/uri.ts'

/** Whether the request speaks for `agent` of `domain` and for nobody else, in every header that can name a sender. */
export function speaksFor(request: SipRequest, agent: string, domain: string): boolean {
  const { headers } = request
  const own = (uri: string | undefined): boolean => isAgent(parsed(uri), agent, domain)
  const asserted = ['P-Asserted-Identity', 'P-Preferred-Identity'].flatMap(name =>
    headers.has(name) ? headers.all(name).flatMap(splitList) : [],
  )
  // A Contact may be anything that stands for a device (RFC 7118 §5.1), but not another's address of record.
  const isContact = (contact: NameAddr | undefined): boolean => {
    const uri = parsed(contact?.uri)
    return !isOf(uri, domain) || isAgent(uri, agent, domain)
  }
  return (
    own(headers.from()?.uri) &&
    asserted.every(value => own(parseNameAddr(value)?.uri)) &&
    headers.contacts().every(isContact)
  )
}

/** Whether a REGISTER is for the address of record of `agent`. */
export function isAddressedTo(request: SipRequest, agent: string, domain: string): boolean {
  return isAgent(parsed(request.headers.to()?.uri), agent, domain)
}

function isAgent(uri: SipUri | undefined, agent: string, domain: string): boolean {
  const user = uri?.user
  return isOf(uri, domain) && user !== undefined && unescaped(user).toLowerCase() === agent
}

function isOf(uri: SipUri | undefined, domain: string): boolean {
  const isSip = uri?.scheme === 'sip' || uri?.scheme === 'sips'
  return isSip && uri.host.toLowerCase() === domain.toLowerCase()
}

function parsed(uri: string | undefined): SipUri | undefined {
  return uri === undefined ? undefined : parseUri(uri)
}
