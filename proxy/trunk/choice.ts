import type { HeaderLine, SipRequest } from '../../engine/message/message.ts'
import { peerKey } from '../../selector/domain/peers.ts'
import type { CallerRule } from '../../selector/domain/route.ts'
import { targetsOf, type RouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk, TrunkAccount } from '../../selector/domain/trunk.ts'
import { callerLines, type CallerId } from './caller-id.ts'
import { crossing } from './headers.ts'
import type { TrunkLimits } from './limits.ts'
import { loopHeader, type LoopGuard } from './loop.ts'
import { isNumber } from './number.ts'
import { peerUri, type TrunkPeers } from './peers.ts'

/** A call that is to leave through a trunk. */
export interface OutgoingCall {
  readonly call: string
  /** The INVITE that asks for it; its headers cross as the trunk allows. */
  readonly request: SipRequest
  readonly number: string
  readonly caller: CallerId
  /** The trunk, when it is known; absent: the routes of the direction `out` say. */
  readonly trunk?: string
  /** The rule that named the trunk. */
  readonly rule?: CallerRule
}

/** One peer to be asked, and how. */
export interface TrunkPlace {
  readonly kind: 'outside'
  /** The key of the peer, for `TrunkPeers.result`. */
  readonly id: string
  readonly uri: string
  readonly headers: readonly HeaderLine[]
  readonly account?: TrunkAccount
}

/** The ways out, best first; the call has its place under the limits of the trunk until `left`. */
export type TrunkWays =
  | {
      readonly kind: 'ways'
      readonly trunk: string
      readonly places: readonly [TrunkPlace, ...TrunkPlace[]]
    }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterSec?: number }

/** Which trunk takes a call to the outside, and by which of its peers. */
export interface TrunkChoice {
  choose(call: OutgoingCall): TrunkWays
  /** The call is over. */
  left(call: string): void
}

export interface TrunkChoiceOptions {
  readonly routes: () => RouteTable
  readonly trunk: (id: string) => Trunk | undefined
  readonly peers: Pick<TrunkPeers, 'ordered'>
  readonly limits: TrunkLimits
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
    const { number, request } = call
    if (!isNumber(number)) return { kind: 'refused', status: 404 }
    if (loops.isLoop(request, number)) return { kind: 'refused', status: 482 }
    const trunk = options.trunk(call.trunk)
    const [first, ...others] = trunk ? options.peers.ordered(trunk) : []
    if (!trunk || !first) return { kind: 'refused', status: 503, retryAfterSec: 5 }
    const admission = limits.admit(trunk, call.call)
    if (admission.kind === 'refused')
      return { kind: 'refused', status: 503, retryAfterSec: admission.retryAfterSec }
    const headers: readonly HeaderLine[] = [
      ...callerLines(call.caller, options.domain, trunk, call.rule),
      ...crossing(request, trunk.headers?.out),
      [loopHeader, loops.marks(request, number)],
    ]
    const place = (peer: typeof first): TrunkPlace => {
      const uri = peerUri(peer, number)
      return {
        kind: 'outside',
        id: peerKey(peer),
        uri,
        headers: [['To', `<${uri}>`], ...headers],
        ...(trunk.account && { account: trunk.account }),
      }
    }
    return { kind: 'ways', trunk: trunk.id, places: [place(first), ...others.map(place)] }
  }

  return { choose, left: call => limits.left(call) }
}

/** The trunks that the first fitting route names, or the status with which the call is refused. */
function byRoute(
  { routes, now }: TrunkChoiceOptions,
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
  const targets = targetsOf(match)
  const rejecting = targets.find(target => target.kind === 'reject')
  const trunks = targets.flatMap(target => (target.kind === 'trunk' ? [target.trunk] : []))
  if (match.kind !== 'matched' || trunks.length === 0) return rejecting?.status ?? 404
  const rule = match.route.caller
  return trunks.map(trunk => ({ ...call, number: match.number, trunk, ...(rule && { rule }) }))
}
