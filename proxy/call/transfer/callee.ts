import { unescaped, type SipUri } from '../../../engine/message/uri.ts'
import { agentId } from '../../../selector/domain/agent.ts'
import { dialledNumber } from '../../../selector/domain/dial-policy.ts'
import type { Dialling } from '../../ports.ts'

/** Whom a URI means. A name of digits may be an agent of the domain or a number. */
export type Callee =
  { readonly kind: 'agent'; readonly agent: string } | { readonly kind: 'number'; readonly number: string }

/** Reads whom a SIP or tel URI means; the name of the agent may be one that nobody can have. */
export function calleeOf({ scheme, user = '', params }: SipUri): Callee {
  if (scheme === 'tel') {
    // RFC 3966 §5.1.1: separators are for the eye.
    const digits = user.replaceAll(/[-.()]/g, '')
    return params.size === 0 && dialledNumber.test(digits)
      ? { kind: 'number', number: digits }
      : { kind: 'agent', agent: '' }
  }
  const name = unescaped(user).toLowerCase()
  // RFC 3261 §19.1.1: `user=phone` says that it is no name.
  const isNumber = params.get('user') === 'phone' || !agentId.test(name)
  return isNumber && dialledNumber.test(name)
    ? { kind: 'number', number: name }
    : { kind: 'agent', agent: name }
}

/** The agent or the number that is meant: digits are a number unless an agent is called like them. Undefined: nobody. */
export async function knownCallee(
  callee: Callee,
  dialling: Pick<Dialling, 'isAgent'>,
): Promise<Callee | undefined> {
  if (callee.kind === 'number') return callee
  const { agent } = callee
  if (agentId.test(agent) && (await dialling.isAgent(agent))) return callee
  return dialledNumber.test(agent) ? { kind: 'number', number: agent } : undefined
}
