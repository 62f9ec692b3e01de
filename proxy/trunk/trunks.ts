import { randomBytes } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { RouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { SipEdge } from '../ports.ts'
import { withAccounts } from './account-edge.ts'
import { createTrunkChoice, type TrunkChoice } from './choice.ts'
import { createTrunkLimits, type TrunkLimits } from './limits.ts'
import { createLoopGuard, type LoopGuard } from './loop.ts'
import { createTrunkPeers, type TrunkPeers } from './peers.ts'

export interface TrunksOptions {
  readonly edge: SipEdge
  /** Every trunk that is in use now. */
  readonly trunks: () => Iterable<Trunk>
  readonly routes: () => RouteTable
  readonly domain: string
  /** How often each peer is asked whether it is there; 0: never. */
  readonly probeMs: number
  readonly chance: () => number
  readonly random: () => string
  readonly clock: Clock
  readonly log: Log
}

/** Everything that concerns trunks at this door. */
export interface Trunks {
  /** The edge, with answers to the challenges of trunks. */
  readonly edge: SipEdge
  readonly peers: TrunkPeers
  readonly limits: TrunkLimits
  readonly loops: LoopGuard
  readonly choice: TrunkChoice
}

export function createTrunks(options: TrunksOptions): Trunks {
  const { trunks, routes, domain, clock, chance, random } = options
  const edge = withAccounts(options.edge, random)
  const peers = createTrunkPeers({ ...options, edge })
  const limits = createTrunkLimits({ clock, chance })
  const loops = createLoopGuard(randomBytes(32))
  const trunk = (id: string): Trunk | undefined => [...trunks()].find(one => one.id === id)
  const choice = createTrunkChoice({ routes, trunk, peers, limits, loops, domain, now: () => clock.wall() })
  return { edge, peers, limits, loops, choice }
}
