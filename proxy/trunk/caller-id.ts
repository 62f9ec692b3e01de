import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { parseNameAddr, splitList } from '../../engine/message/name-addr.ts'
import { parseUri } from '../../engine/message/uri.ts'
import type { CallerRule } from '../../selector/domain/route.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import { safeName, safeUser } from '../call/b-leg.ts'

/** Who calls, in safe characters. */
export interface CallerId {
  readonly user: string
  readonly name?: string
}

/** A caller who is not to be known. */
const nobody: CallerId = { user: 'anonymous' }

/** Who a trunk says is calling, in the header that it is trusted for, whatever privacy is asked. */
export function statedCaller({ headers }: SipRequest, { identity }: Pick<Trunk, 'identity'>): CallerId {
  const asserted =
    identity === 'asserted' ? splitList(headers.get('P-Asserted-Identity') ?? '')[0] : undefined
  const address = parseNameAddr(asserted ?? headers.get('From') ?? '')
  return callerId(address && parseUri(address.uri)?.user, address?.display)
}

/** What the inside is told of the caller of a trunk: privacy is kept unless the rule reveals it (RFC 3323 §4.1, RFC 3325 §7). */
export function callerInside(
  request: SipRequest,
  trunk: Pick<Trunk, 'identity'>,
  { number, name, privacy }: CallerRule = {},
): CallerId {
  const withheld = privacy === 'withhold' || (privacy !== 'reveal' && wantsPrivacy(request))
  const stated = withheld ? nobody : statedCaller(request, trunk)
  return callerId(number ?? stated.user, name ?? (number === undefined ? stated.name : undefined))
}

/** Who calls another trunk by this one, and what is to be said of that: a caller that asked for privacy keeps it there. */
export function callerOnward(
  request: SipRequest,
  trunk: Pick<Trunk, 'identity'>,
  rule: CallerRule = {},
): { readonly caller: CallerId; readonly rule: CallerRule } {
  const isKept = rule.privacy === undefined && wantsPrivacy(request)
  return { caller: statedCaller(request, trunk), rule: isKept ? { ...rule, privacy: 'withhold' } : rule }
}

/**
 * The headers by which a trunk is told of the caller. A trunk with `identity: asserted` is within the trust domain and gets the number also
 * when privacy is asked (RFC 3325 §5, §7); any other then learns nothing.
 */
export function callerLines(
  caller: CallerId,
  domain: string,
  { identity }: Pick<Trunk, 'identity'>,
  rule: CallerRule = {},
): readonly HeaderLine[] {
  const shown = callerId(rule.number ?? caller.user, rule.name ?? caller.name)
  const withheld = rule.privacy === 'withhold' || shown.user === nobody.user
  const uri = `<sip:${shown.user}@${domain}>`
  const named = shown.name === undefined ? uri : `"${shown.name}" ${uri}`
  const asserted: readonly HeaderLine[] =
    identity === 'asserted' && shown.user !== nobody.user ? [['P-Asserted-Identity', named]] : []
  if (!withheld) return [['From', named], ...asserted]
  // RFC 3323 §4.1.1.3: the name and address of a caller who is nobody.
  return [['From', '"Anonymous" <sip:anonymous@anonymous.invalid>'], ...asserted, ['Privacy', 'id']]
}

/** Any value but `none` asks for less to be shown (RFC 3323 §4.2, RFC 3325 §9.3). */
function wantsPrivacy({ headers }: SipRequest): boolean {
  const values = headers.all('Privacy').flatMap(value => value.toLowerCase().split(/[;,\s]+/))
  return values.some(value => value !== '' && value !== 'none' && value !== 'critical')
}

function callerId(user: string | undefined, name: string | undefined): CallerId {
  const shown = safeName(name)
  return { user: safeUser(user), ...(shown !== undefined && { name: shown }) }
}
