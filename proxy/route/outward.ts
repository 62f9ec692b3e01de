import { parseNameAddr } from '../../engine/message/name-addr.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { parseUri, unescaped } from '../../engine/message/uri.ts'
import { agentId } from '../../selector/domain/agent.ts'
import type { Binding } from '../../selector/store/store.ts'
import { safeName, safeUser } from '../call/b-leg.ts'
import type { Bindings, FarFlow, OutgoingCall, Outward, OutwardRoute, TrunkChoice } from '../ports.ts'

export interface OutwardOptions {
  readonly bindings: Pick<Bindings, 'of'>
  readonly choice: TrunkChoice
  /** The name of this door in bindings. */
  readonly door: string
  /** Lets this door send over a connection of another one. */
  readonly reach: (far: FarFlow) => void
  readonly domain: string
}

/**
 * Where a media server's INVITE goes, by its request user: `agt-<agent>` rings that agent, a number is dialled through a trunk for the
 * agent that `X-Portico-Agent` names.
 */
export function createOutward(options: OutwardOptions): Outward {
  return {
    async route(request) {
      // RFC 3261 §25.1: a # stands in a user part as %23 only.
      const user = unescaped(parseUri(request.uri)?.user ?? '').toLowerCase()
      if (user.startsWith('agt-')) return ring(options, user.slice(4), request)
      return dial(options, request, user, request.headers.get('X-Portico-Agent')?.toLowerCase() ?? '')
    },
  }
}

async function ring(options: OutwardOptions, agent: string, request: SipRequest): Promise<OutwardRoute> {
  if (!agentId.test(agent)) return { kind: 'refused', status: 404 }
  const { bindings, door, domain, reach } = options
  const reachable = await bindings.of(agent)
  for (const binding of reachable) if (binding.door !== door) reach({ flow: binding.flow, at: binding.door })
  if (reachable.length === 0) return { kind: 'refused', status: 480 }
  const from: HeaderLine = ['From', `<sip:${callerOf(request).user}@${domain}>`]
  const to: HeaderLine = ['To', `<sip:${agent}@${domain}>`]
  const places = reachable.toSorted(newestFirst).map(({ contact, flow }) => {
    return { kind: 'outside', id: flow, uri: contact, flow, headers: [from, to] } as const
  })
  return { kind: 'ring-agent', agent, places }
}

function dial({ choice }: OutwardOptions, request: SipRequest, number: string, agent: string): OutwardRoute {
  if (!agentId.test(agent)) return { kind: 'refused', status: 404 }
  const ways = choice.choose({ request, number, caller: callerOf(request) })
  if (ways.kind === 'refused') return { kind: 'refused', status: ways.status }
  return { kind: 'dial-out', agent, dialled: ways.dialled, places: ways.places }
}

/** The caller as the media server gives it: one without a name of its own may be given an address there, which nobody outside is to see. */
function callerOf({ headers }: SipRequest): OutgoingCall['caller'] {
  const from = parseNameAddr(headers.get('From') ?? '')
  const name = safeName(unlessAddress(from?.display))
  const user = safeUser(unlessAddress(from && parseUri(from.uri)?.user))
  return { user, ...(name !== undefined && { name }) }
}

function unlessAddress(text = ''): string | undefined {
  return /(?:\d{1,3}\.){3}\d|[\da-f]:[\da-f]*:/i.test(text) ? undefined : text
}

function newestFirst(a: Binding, b: Binding): number {
  return b.expiresAt - a.expiresAt
}
