import type { TrunkPeer } from './trunk.ts'

/** What probes and calls have told of a peer. */
export type PeerHealth = 'up' | 'down' | 'unknown'

/**
 * The peers in the order in which they are to be tried: by priority, within one priority drawn by weight, and those that are
 * down last, for the case that the probes are wrong. `chance` gives numbers in [0, 1).
 */
export function orderPeers(
  peers: readonly TrunkPeer[],
  healthOf: (peer: TrunkPeer) => PeerHealth,
  chance: () => number,
): readonly TrunkPeer[] {
  const priorities = [...new Set(peers.map(({ priority }) => priority))].toSorted((a, b) => a - b)
  const drawn = priorities.flatMap(one =>
    draw(
      peers.filter(({ priority }) => priority === one),
      chance,
    ),
  )
  return [
    ...drawn.filter(peer => healthOf(peer) !== 'down'),
    ...drawn.filter(peer => healthOf(peer) === 'down'),
  ]
}

/** What a peer is known by: two trunks that use one machine share what is known of it. */
export function peerKey({ host, port, transport }: TrunkPeer): string {
  return `${transport}:${host}:${port}`
}

/** All of them, each next one drawn by weight (RFC 2782, "Weight"). */
function draw(peers: readonly TrunkPeer[], chance: () => number): readonly TrunkPeer[] {
  const left = [...peers]
  const drawn: TrunkPeer[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    let rest = chance() * total
    const at = left.findIndex(({ weight }) => (rest -= weight) < 0)
    drawn.push(...left.splice(Math.max(at, 0), 1))
  }
  return drawn
}

/** What is known of a peer, and how many outcomes in a row speak against it. */
export interface PeerState {
  readonly health: PeerHealth
  readonly against: number
}

/** A peer that nothing is known of. */
export const unknownPeer: PeerState = { health: 'unknown', against: 0 }

/** Two failures in a row put a peer down, two successes bring it back; one that is not down is up with its first success. */
export function peerStep({ health, against }: PeerState, answers: boolean): PeerState {
  const isFirst = health === 'unknown' && answers
  if (isFirst || (health === 'up' && answers)) return { health: 'up', against: 0 }
  if (health === 'down' && !answers) return { health, against: 0 }
  if (against + 1 < inARow) return { health, against: against + 1 }
  return { health: answers ? 'up' : 'down', against: 0 }
}

const inARow = 2
