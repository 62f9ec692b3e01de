import type { EngineLimits, NewFlowPolicy } from '../../engine/options.ts'
import { Chance } from './chance.ts'

/** What one run is made of: who takes part, how they behave and what goes wrong. Shares are 0…1, times milliseconds. */
export interface Swarm {
  readonly network: NetworkFaults
  readonly habits: Habits
  readonly cast: Cast
  readonly limits: Partial<EngineLimits>
  readonly newFlow: NewFlowPolicy
  /** Seconds after which a call must be refreshed (RFC 4028); 0 for never. */
  readonly sessionSec: number
  /** How exact the hosts' timers are. */
  readonly grainMs: number
}

export interface NetworkFaults {
  readonly latencyMs: readonly [least: number, most: number]
  readonly loss: number
  readonly duplicate: number
  /** Datagrams that are held back for up to `reorderMs`. */
  readonly reorder: number
  readonly reorderMs: number
  /** Mean time between two of a kind; 0 for never. */
  readonly partitionEveryMs: number
  readonly cutEveryMs: number
  readonly crashEveryMs: number
}

/** What the applications do. */
export interface Habits {
  readonly callsPerMinute: number
  readonly refuse: number
  /** Calls that are answered by nobody and nothing. */
  readonly silent: number
  /** Calls that ring until somebody gives up. */
  readonly ringForever: number
  readonly ringMs: number
  readonly cancel: number
  readonly talkMs: number
  /** Mean time between two things that a party does in a call; 0 for never. */
  readonly actEveryMs: number
  /** How late applications answer and acknowledge. */
  readonly slowMs: number
  /** Provisional responses that want a PRACK. */
  readonly reliable: number
  /** The front door acknowledges its B leg only when the A leg was. */
  readonly lateAck: boolean
  /** The front door asks a second server when the first cannot be reached. */
  readonly failover: boolean
  /** Refreshes are done by both parties at the same time. */
  readonly glare: number
}

export interface Cast {
  readonly doors: number
  readonly agents: number
  readonly servers: number
  /** Agents that come over WebSocket. */
  readonly wss: number
  /** Calls between door and servers that go over TCP. */
  readonly tcp: number
  /** A proxy that asks several phones at once. */
  readonly forker: boolean
  readonly hostile: boolean
  /** Somebody who sends bursts of requests. */
  readonly flooder: boolean
}

/** The swarm of a seed. Each fault is on in some seeds only, so that they meet in ever new company. */
export function swarmOf(seed: number): Swarm {
  const chance = new Chance(seed, 'swarm')
  const often = (most: number): number => (chance.is(0.5) ? chance.share() * most : 0)
  const every = (share: number, least: number, most: number): number =>
    chance.is(share) ? chance.between(least, most) : 0
  return {
    network: {
      latencyMs: chance.pick([
        [1, 5],
        [5, 60],
        [40, 400],
      ]),
      loss: chance.is(0.6) ? chance.pick([0.01, 0.05, 0.15, 0.3]) : 0,
      duplicate: often(0.2),
      reorder: often(0.2),
      reorderMs: chance.pick([200, 1000, 3000]),
      partitionEveryMs: every(0.3, 60_000, 200_000),
      cutEveryMs: every(0.5, 20_000, 120_000),
      crashEveryMs: every(0.3, 60_000, 200_000),
    },
    habits: habitsOf(chance, often, every),
    cast: castOf(chance),
    limits: limitsOf(chance),
    sessionSec: chance.pick([0, 0, 0, 90, 120]),
    newFlow: chance.is(0.85) ? 'follow' : 'refuse',
    grainMs: chance.pick([20, 40, 80]),
  }
}

/** A world in which nothing goes wrong by itself. */
export function calmSwarm(seed: number): Swarm {
  const swarm = swarmOf(seed)
  const none = { loss: 0, duplicate: 0, reorder: 0, partitionEveryMs: 0, cutEveryMs: 0, crashEveryMs: 0 }
  return {
    ...swarm,
    network: { ...swarm.network, latencyMs: [1, 40], ...none },
    habits: { ...swarm.habits, silent: 0, callsPerMinute: 30, slowMs: 500 },
    cast: { ...swarm.cast, agents: 3, servers: 2, flooder: false },
    limits: {},
  }
}

function habitsOf(
  chance: Chance,
  often: (most: number) => number,
  every: (share: number, least: number, most: number) => number,
): Habits {
  return {
    callsPerMinute: chance.between(3, 12),
    refuse: often(0.4),
    silent: often(0.15),
    ringForever: often(0.2),
    ringMs: chance.pick([100, 2000, 8000]),
    cancel: often(0.5),
    talkMs: chance.pick([3000, 20_000, 90_000]),
    actEveryMs: every(0.8, 3000, 30_000),
    slowMs: chance.pick([0, 50, 800, 3000]),
    reliable: often(0.5),
    lateAck: chance.is(0.5),
    failover: chance.is(0.3),
    glare: often(0.4),
  }
}

function castOf(chance: Chance): Cast {
  return {
    doors: chance.is(0.25) ? 2 : 1,
    agents: chance.whole(2, 4),
    servers: chance.whole(1, 3),
    wss: chance.pick([0, 0.5, 1]),
    tcp: chance.pick([0, 0, 0.5, 1]),
    forker: chance.is(0.5),
    hostile: chance.is(0.5),
    flooder: chance.is(0.2),
  }
}

function limitsOf(chance: Chance): Partial<EngineLimits> {
  return {
    answerMs: chance.pick([8000, 20_000, 64_000]),
    ringMs: chance.pick([15_000, 60_000, 180_000]),
    tryingMs: chance.pick([0, 200]),
    ...(chance.is(0.15) && { transactions: chance.whole(20, 80) }),
    ...(chance.is(0.15) && { dialogs: chance.whole(2, 6) }),
    ...(chance.is(0.2) && { perSource: chance.whole(8, 30) }),
  }
}
