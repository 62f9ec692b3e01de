import { parseNameAddr } from '../../engine/message/name-addr.ts'
import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { parseUri } from '../../engine/message/uri.ts'
import { agentId } from '../../selector/domain/agent.ts'
import { orderPeers, peerKey } from '../../selector/domain/peers.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Binding } from '../../selector/store/store.ts'
import type { Bindings, Outward, OutwardRoute } from '../ports.ts'

export interface OutwardOptions {
  readonly bindings: Pick<Bindings, 'of'>
  /** Every trunk that is in use now. */
  readonly trunks: () => Iterable<Trunk>
  /** The name of this door in bindings: only its own connections reach an agent. */
  readonly door: string
  readonly domain: string
  /** Numbers in [0, 1) by which peers of one priority are drawn. */
  readonly chance: () => number
}

/**
 * Where a media server's INVITE goes, by its request user: `agt-<agent>` rings that agent, a number is dialled through a trunk for the
 * agent that `X-Portico-Agent` names.
 */
export function createOutward(options: OutwardOptions): Outward {
  return {
    async route(request) {
      const user = parseUri(request.uri)?.user?.toLowerCase() ?? ''
      const from = fromLine(request, options.domain)
      if (user.startsWith('agt-')) return ring(options, user.slice(4), from)
      return dial(options, user, request.headers.get('X-Portico-Agent')?.toLowerCase() ?? '', from)
    },
  }
}

async function ring(options: OutwardOptions, agent: string, from: HeaderLine): Promise<OutwardRoute> {
  if (!agentId.test(agent)) return { kind: 'refused', status: 404 }
  const { bindings, door, domain } = options
  const reachable = (await bindings.of(agent)).filter(binding => binding.door === door)
  if (reachable.length === 0) return { kind: 'refused', status: 480 }
  const to: HeaderLine = ['To', `<sip:${agent}@${domain}>`]
  const places = reachable.toSorted(newestFirst).map(({ contact, flow }) => {
    return { kind: 'outside', id: flow, uri: contact, flow, headers: [from, to] } as const
  })
  return { kind: 'ring-agent', agent, places }
}

function dial(
  { trunks, chance }: OutwardOptions,
  number: string,
  agent: string,
  from: HeaderLine,
): OutwardRoute {
  if (!agentId.test(agent) || !/^\+?[0-9]{1,32}$/.test(number)) return { kind: 'refused', status: 404 }
  for (const { id, peers = [] } of trunks()) {
    if (peers.length === 0) continue
    const places = orderPeers(peers, () => 'unknown', chance).map(peer => {
      const { host, port, transport } = peer
      const uri = `sip:${number}@${host.includes(':') ? `[${host}]` : host}:${port};transport=${transport}`
      return { kind: 'outside', id: peerKey(peer), uri, headers: [from, ['To', `<${uri}>`]] } as const
    })
    return { kind: 'dial-out', agent, trunk: id, places }
  }
  return { kind: 'refused', status: 503 }
}

/** The caller's number as the media server gives it, at our domain. */
function fromLine({ headers }: SipRequest, domain: string): HeaderLine {
  const from = parseNameAddr(headers.get('From') ?? '')
  const user = (from && parseUri(from.uri)?.user) ?? ''
  return ['From', `<sip:${/^[A-Za-z0-9+*#_.-]{1,64}$/.test(user) ? user : 'anonymous'}@${domain}>`]
}

function newestFirst(a: Binding, b: Binding): number {
  return b.expiresAt - a.expiresAt
}
