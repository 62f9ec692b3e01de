import type { HeaderLine } from '../../engine/message/message.ts'
import { peerKey } from '../../selector/domain/peers.ts'
import { targetsOf, type RouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Dialled, OutgoingCall, TrunkChoice, TrunkWays } from '../ports.ts'
import type { OutsidePlace } from '../call/call.ts'
import { callerLines } from './caller-id.ts'
import { crossing } from './headers.ts'
import type { TrunkLimits } from './limits.ts'
import { loopHeader, type LoopGuard } from './loop.ts'
import { isNumber } from './number.ts'
import { peerUri, type TrunkPeers } from './peers.ts'

export interface TrunkChoiceOptions {
  readonly routes: () => RouteTable
  /** Every trunk that is in use now. */
  readonly trunks: () => Iterable<Trunk>
  readonly peers: Pick<TrunkPeers, 'ordered'>
  readonly limits: Pick<TrunkLimits, 'check'>
  readonly loops: LoopGuard
  readonly domain: string
  /** Wall-clock milliseconds. */
  readonly now: () => number
}

/** Only numbers leave, only on trunks that are in use and have peers, and no call twice by the same way. */
export function createTrunkChoice(options: TrunkChoiceOptions): TrunkChoice {
  const { limits, loops } = options

  function choose(call: OutgoingCall): TrunkWays {
    const candidates = call.trunk === undefined ? byRoute(options, call) : [{ ...call, trunk: call.trunk }]
    if (typeof candidates === 'number') return { kind: 'refused', status: candidates }
    let refused: TrunkWays = { kind: 'refused', status: 503, retryAfterSec: 5 }
    for (const candidate of candidates) {
      const ways = through(candidate)
      if (ways.kind === 'ways') return ways
      refused = ways
    }
    return refused
  }

  function through(call: OutgoingCall & { readonly trunk: string }): TrunkWays {
    const { number, request, route } = call
    if (!isNumber(number)) return { kind: 'refused', status: 404 }
    if (loops.isLoop(request, number)) return { kind: 'refused', status: 482 }
    const trunk = [...options.trunks()].find(({ id }) => id === call.trunk)
    const [first, ...others] = trunk ? options.peers.ordered(trunk) : []
    if (!trunk || !first) return { kind: 'refused', status: 503, retryAfterSec: 5 }
    const admission = limits.check(trunk)
    if (admission.kind === 'refused')
      return { kind: 'refused', status: 503, retryAfterSec: admission.retryAfterSec }
    const headers: readonly HeaderLine[] = [
      ...callerLines(call.caller, options.domain, trunk, call.rule),
      ...crossing(request, shared(trunk.headers?.out, call.letIn)),
      [loopHeader, loops.marks(request, number)],
    ]
    const place = (peer: typeof first): OutsidePlace => {
      const uri = peerUri(peer, number)
      return {
        kind: 'outside',
        id: peerKey(peer),
        uri,
        headers: [['To', `<${uri}>`], ...headers],
        ...(trunk.account && { account: trunk.account }),
      }
    }
    const dialled: Dialled = { trunk: trunk.id, number, ...(route !== undefined && { route }) }
    return { kind: 'ways', dialled, places: [place(first), ...others.map(place)] }
  }

  return { choose }
}

/** Of the headers that may leave those that were let in. */
function shared(out: readonly string[] = [], letIn: readonly string[] = out): readonly string[] {
  const names = new Set(letIn.map(name => name.toLowerCase()))
  return out.filter(name => names.has(name.toLowerCase()))
}

/** The trunks that the first fitting route names, or the status with which the call is refused. */
function byRoute(
  { routes, trunks: all, now }: TrunkChoiceOptions,
  call: OutgoingCall,
): readonly (OutgoingCall & { readonly trunk: string })[] | number {
  const { request, number, caller } = call
  const match = routes().match({
    direction: 'out',
    method: 'INVITE',
    number,
    caller: caller.user,
    header: name => request.headers.get(name),
    at: now(),
  })
  if (match.kind === 'default') {
    const known = [...all()].filter(({ peers = [] }) => peers.length > 0)
    return known.length > 0 ? known.map(({ id }) => ({ ...call, trunk: id })) : 503
  }
  const targets = targetsOf(match)
  const rejecting = targets.find(target => target.kind === 'reject')
  const trunks = targets.flatMap(target => (target.kind === 'trunk' ? [target.trunk] : []))
  if (match.kind !== 'matched' || trunks.length === 0) return rejecting?.status ?? 404
  const { id: route, caller: rule } = match.route
  return trunks.map(trunk => ({ ...call, number: match.number, trunk, route, ...(rule && { rule }) }))
}
