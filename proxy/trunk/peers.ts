import { every, type Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import {
  orderPeers,
  peerKey,
  peerStep,
  unknownPeer,
  type PeerHealth,
  type PeerState,
} from '../../selector/domain/peers.ts'
import type { Trunk, TrunkPeer } from '../../selector/domain/trunk.ts'
import type { EdgeEvent, SipEdge } from '../ports.ts'

/** The machines of trunks: which of them answer, and in which order a call tries them. */
export interface TrunkPeers {
  start(): void
  stop(): void
  /** Takes the answer to a probe; false when the response belongs to somebody else. */
  take(response: Extract<EdgeEvent, { kind: 'response' }>): boolean
  /** What a call told of the peer of that key. */
  result(key: string, answers: boolean): void
  healthOf(peer: TrunkPeer): PeerHealth
  /** The peers of a trunk, those that are known to be down last. */
  ordered(trunk: Trunk): readonly TrunkPeer[]
}

export interface TrunkPeersOptions {
  readonly edge: Pick<SipEdge, 'request'>
  /** Every trunk that is in use now. */
  readonly trunks: () => Iterable<Trunk>
  readonly clock: Clock
  /** How often each peer is asked by OPTIONS (RFC 3261 §11); 0: never. */
  readonly probeMs: number
  readonly chance: () => number
  readonly log: Log
}

/** A peer that has not answered when its next turn comes has failed the last one. */
export function createTrunkPeers({
  edge,
  trunks,
  clock,
  probeMs,
  chance,
  log,
}: TrunkPeersOptions): TrunkPeers {
  const states = new Map<string, PeerState>()
  /** Peer by the transaction of the probe that it owes an answer to. */
  let asked = new Map<string, string>()
  let count = 0
  let cancel: (() => void) | undefined

  function probe(): void {
    for (const silent of new Set(asked.values())) result(silent, false)
    asked = new Map()
    const peers = new Map(
      [...trunks()].flatMap(trunk => trunk.peers ?? []).map(peer => [peerKey(peer), peer]),
    )
    for (const key of states.keys()) if (!peers.has(key)) states.delete(key)
    for (const [key, peer] of peers) {
      count += 1
      const transaction = `peer-probe-${count}`
      asked.set(transaction, key)
      edge.request({ transaction, method: 'OPTIONS', uri: peerUri(peer), side: 'trunk' })
    }
  }

  function take({ transaction, response, local }: Extract<EdgeEvent, { kind: 'response' }>): boolean {
    if (!transaction.startsWith('peer-probe-')) return false
    const key = asked.get(transaction)
    if (key === undefined || response.status < 200) return true
    asked.delete(transaction)
    // Whatever a peer answers, it listens; but 503 and the like say that it takes no calls.
    result(key, !local && !(response.status >= 502 && response.status <= 504))
    return true
  }

  function result(key: string, answers: boolean): void {
    const before = states.get(key) ?? unknownPeer
    const after = peerStep(before, answers)
    states.set(key, after)
    if (after.health !== before.health) log.warn('trunk.peer-health', { peer: key, health: after.health })
  }

  const healthOf = (peer: TrunkPeer): PeerHealth => states.get(peerKey(peer))?.health ?? 'unknown'
  return {
    start() {
      if (probeMs > 0) cancel = every(clock, probeMs, probe)
    },
    stop: () => cancel?.(),
    take,
    result,
    healthOf,
    ordered: ({ peers = [] }) => orderPeers(peers, healthOf, chance),
  }
}

/** A SIP URI that leads to a peer, for that user or for the machine itself. */
export function peerUri({ host, port, transport }: TrunkPeer, user?: string): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port};transport=${transport}`
  return user === undefined ? `sip:${place}` : `sip:${user.replaceAll('#', '%23')}@${place}`
}
