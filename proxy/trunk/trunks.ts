import { randomBytes } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { RouteTable } from '../../selector/domain/route-table.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { CallLog, LiveCall, SipEdge, TrunkChoice } from '../ports.ts'
import { withAccounts } from './account-edge.ts'
import { createTrunkChoice } from './choice.ts'
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
  /** The same log; the calls to the outside in it count under the limits of their trunks. */
  callLog(callLog: CallLog): CallLog
}

export function createTrunks(options: TrunksOptions): Trunks {
  const { trunks, clock, chance, random } = options
  const edge = withAccounts(options.edge, random)
  const peers = createTrunkPeers({ ...options, edge })
  const limits = createTrunkLimits({ clock, chance })
  const loops = createLoopGuard(randomBytes(32))
  const choice = createTrunkChoice({ ...options, peers, limits, loops, now: () => clock.wall() })
  const count = (id: string | undefined, leg: string): void => {
    const trunk = [...trunks()].find(known => known.id === id)
    if (trunk) limits.admit(trunk, leg)
  }
  return {
    edge,
    peers,
    limits,
    loops,
    choice,
    callLog: callLog => ({
      began(call) {
        callLog.began(call)
        if (call.kind === 'dial-out' || call.kind === 'consult-out') count(call.trunk, call.id)
        count(call.onward?.trunk, onwardLeg(call))
      },
      changed(call) {
        callLog.changed(call)
        // An agent may want its client connected to a number, and the number may not take the call.
        if (call.onward) count(call.onward.trunk, onwardLeg(call))
        else limits.left(onwardLeg(call))
      },
      over(record, measured) {
        callLog.over(record, measured)
        limits.left(record.id)
        limits.left(onwardLeg(record))
      },
    }),
  }
}

/** By what the leg to the second trunk counts. */
function onwardLeg({ id }: LiveCall): string {
  return `${id}-onward`
}
