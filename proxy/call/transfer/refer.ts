import type { Headers } from '../../../engine/message/headers.ts'
import { parseNameAddr, splitList } from '../../../engine/message/name-addr.ts'
import { parseUri, unescaped, type SipUri } from '../../../engine/message/uri.ts'
import { agentId } from '../../../selector/domain/agent.ts'
import { calleeOf, type Callee } from './callee.ts'
import { parseReplaces, type Replaces } from './replaces.ts'

/** What a REFER asks for, or the status with which it is refused unheard. */
export type Referral = Asked | { readonly kind: 'refused'; readonly status: number }

/** Whom somebody is to be connected to. */
export type Referee =
  | Callee
  /** Whoever is at the other end of a dialog: an attended transfer (RFC 5589 §7). */
  | { readonly kind: 'other-end'; readonly of: Replaces }

/** Somebody is to be connected to somebody else (RFC 3515). */
export interface Asked {
  readonly kind: 'asked'
  readonly to: Referee
  /** Names the REFER in its NOTIFYs (RFC 3515 §2.4.6). */
  readonly cseq?: number
  /** Nobody wants to hear what becomes of it (RFC 4488). */
  readonly isSilent: boolean
}

/** Reads a REFER: its target must be an agent of `domain`, a number, or the other end of a dialog, and is no more than that. */
export function readRefer(headers: Headers, domain: string): Referral {
  const uri = targetOf(headers)
  const status = uri === undefined ? 400 : refusalOf(uri, domain)
  if (uri === undefined || status !== undefined) return { kind: 'refused', status: status ?? 400 }
  const replaces = uri.headers === undefined ? undefined : replacesIn(uri.headers)
  const cseq = headers.cseq()?.number
  return {
    kind: 'asked',
    to: replaces ? { kind: 'other-end', of: replaces } : calleeOf(uri),
    ...(cseq !== undefined && { cseq }),
    isSilent: /^\s*false\s*(;|$)/i.test(headers.get('Refer-Sub') ?? ''),
  }
}

/** With which status a target is refused: names that no agent can have are declined. */
function refusalOf(uri: SipUri, domain: string): number | undefined {
  if (uri.scheme === 'tel') return isReferee(uri) ? undefined : 603
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return 416
  // RFC 3515 §2.1: a URI may ask for another request than an INVITE.
  if ((uri.params.get('method') ?? 'INVITE') !== 'INVITE') return 501
  // RFC 5589 §7.3: it is the Contact of the other end then, and the dialog alone says who that is.
  if (uri.headers !== undefined) return replacesIn(uri.headers) ? undefined : 400
  if (uri.host.toLowerCase() !== domain.toLowerCase() || uri.password !== undefined) return 403
  return isReferee(uri) ? undefined : 603
}

/** Whether it can be anybody at all. */
function isReferee(uri: SipUri): boolean {
  const to = calleeOf(uri)
  return to.kind !== 'agent' || agentId.test(to.agent)
}

/** RFC 3515 §2.4.2: exactly one target. */
function targetOf(headers: Headers): SipUri | undefined {
  const [value, second] = headers.all('Refer-To')
  if (value === undefined || second !== undefined || value.length > mostText) return undefined
  const name = splitList(value).length === 1 ? parseNameAddr(value) : undefined
  return name && parseUri(name.uri)
}

/** The dialog whose other end a target means (RFC 3891 §6.1); with it there may be no more than the word that it is meant (RFC 5589 §7.1). */
function replacesIn(headers: string): Replaces | undefined {
  const fields = headers.split('&').map((field): readonly [name: string, value: string] => {
    const at = field.indexOf('=')
    return [field.slice(0, at).toLowerCase(), unescaped(field.slice(at + 1))]
  })
  const others = fields.filter(([name]) => name !== 'replaces')
  const mayCome = others.every(([name, value]) => name === 'require' && value.toLowerCase() === 'replaces')
  const [replaces, second] = fields.filter(([name]) => name === 'replaces')
  return mayCome && replaces && !second ? parseReplaces(replaces[1]) : undefined
}

/** How long the value of Refer-To may be. */
const mostText = 512
