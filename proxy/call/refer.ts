import type { Headers } from '../../engine/message/headers.ts'
import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import { parseUri, unescaped, type SipUri } from '../../engine/message/uri.ts'
import { agentId } from '../../selector/domain/agent.ts'
import { dialledNumber } from '../../selector/domain/dial-policy.ts'

/** What a REFER asks for, or the status with which it is refused unheard. */
export type Referral = Asked | { readonly kind: 'refused'; readonly status: number }

/** Whom somebody is to be connected to: an agent of the domain, or a number. A name of digits may be either. */
export type Referee =
  { readonly kind: 'agent'; readonly agent: string } | { readonly kind: 'number'; readonly number: string }

/** Somebody is to be connected to an agent or a number (RFC 3515). */
export interface Asked {
  readonly kind: 'asked'
  readonly to: Referee
  /** The dialog whose place is to be taken: an attended transfer (RFC 3891). */
  readonly replaces?: Replaces
  /** Names the REFER in its NOTIFYs (RFC 3515 §2.4.6). */
  readonly cseq?: number
  /** Nobody wants to hear what becomes of it (RFC 4488). */
  readonly isSilent: boolean
}

/** A dialog as its other end names it: which of the tags is whose is not known. */
export interface Replaces {
  readonly callId: string
  readonly tags: readonly [string, string]
}

/** Reads a REFER: its target must be an agent of `domain` or a number, and is no more than that. */
export function readRefer(headers: Headers, domain: string): Referral {
  const uri = targetOf(headers)
  const status = uri === undefined ? 400 : refusalOf(uri, domain)
  if (uri === undefined || status !== undefined) return { kind: 'refused', status: status ?? 400 }
  const replaces = uri.headers === undefined ? undefined : replacesIn(uri.headers)
  const cseq = headers.cseq()?.number
  return {
    kind: 'asked',
    to: refereeOf(uri),
    ...(replaces && { replaces }),
    ...(cseq !== undefined && { cseq }),
    isSilent: /^\s*false\s*(;|$)/i.test(headers.get('Refer-Sub') ?? ''),
  }
}

/** With which status a target is refused: names that no agent can have are declined. */
function refusalOf(uri: SipUri, domain: string): number | undefined {
  if (uri.scheme === 'tel') return isReferee(uri) ? undefined : 603
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return 416
  if (uri.host.toLowerCase() !== domain.toLowerCase() || uri.password !== undefined) return 403
  // RFC 3515 §2.1: a URI may ask for another request than an INVITE.
  if ((uri.params.get('method') ?? 'INVITE') !== 'INVITE') return 501
  if (!isReferee(uri)) return 603
  return uri.headers !== undefined && replacesIn(uri.headers) === undefined ? 400 : undefined
}

/** Whether it can be anybody at all. */
function isReferee(uri: SipUri): boolean {
  const to = refereeOf(uri)
  return to.kind === 'number' || agentId.test(to.agent)
}

/** RFC 3966 §5.1.1: separators are for the eye. RFC 3261 §19.1.1: `user=phone` says that it is no name. */
function refereeOf({ scheme, user = '', params }: SipUri): Referee {
  if (scheme === 'tel') {
    const digits = user.replaceAll(/[-.()]/g, '')
    return params.size === 0 && dialledNumber.test(digits)
      ? { kind: 'number', number: digits }
      : { kind: 'agent', agent: '' }
  }
  const name = unescaped(user).toLowerCase()
  const isNumber = params.get('user') === 'phone' || !agentId.test(name)
  return isNumber && dialledNumber.test(name)
    ? { kind: 'number', number: name }
    : { kind: 'agent', agent: name }
}

/** RFC 3515 §2.4.2: exactly one target. */
function targetOf(headers: Headers): SipUri | undefined {
  const [value, second] = headers.all('Refer-To')
  if (value === undefined || second !== undefined || value.length > mostText) return undefined
  const name = splitList(value).length === 1 ? parseNameAddr(value) : undefined
  return name && parseUri(name.uri)
}

/** The headers that a target brings along; undefined when they are any but one Replaces (RFC 3891 §6.1). */
function replacesIn(headers: string): Replaces | undefined {
  const [name = '', value = ''] = headers.split('=', 2)
  if (name.toLowerCase() !== 'replaces' || headers.includes('&')) return undefined
  const [callId = '', ...params] = unescaped(value).split(';')
  const tag = (which: string): string | undefined =>
    params.find(param => param.startsWith(`${which}-tag=`))?.slice(which.length + 5)
  const [to, from] = [tag('to'), tag('from')]
  return callId === '' || to === undefined || from === undefined ? undefined : { callId, tags: [to, from] }
}

/** How long the value of Refer-To may be. */
const mostText = 512
