import type { Health, Load, MediaServer } from './media-server.ts'

/** What bears on where a server stands; see `Candidate`. */
export interface Facts {
  readonly server: Pick<MediaServer, 'id' | 'zone' | 'capacity' | 'weight' | 'maxCalls' | 'wanted'>
  readonly load?: Load | undefined
  readonly reserved: number
  readonly health: Health
  readonly until?: number | undefined
  readonly ejections?: number | undefined
  readonly warmSince?: number | undefined
  readonly nextAt?: number | undefined
  readonly placed?: number | undefined
  readonly ended?: number | undefined
}

/** How load is computed, and how a choice treats zones, new servers and old counters. */
export interface Policy {
  /**
   * `expected`: reservations and waiting agents count ρ; `in-call`: only agents in call count; `placed`: only what whoever
   * chooses has placed itself counts, which is what is left to a door that has been without Redis for long.
   */
  readonly utilisation: 'expected' | 'in-call' | 'placed'
  /** Share of agents that are in call, 0…1. */
  readonly rho: number
  /** The zone of whoever asks; its servers go first. Absent: all zones are alike. */
  readonly zone?: string
  /** Load of the least loaded server of the own zone from which other zones share the work. Default 0.8. */
  readonly spillAt?: number
  /** How a new or recovered server is brought in; absent: at once. */
  readonly ramp?: Ramp
}

/** Joins per second on a new or recovered server: a straight line over `windowMs`, never zero. */
export interface Ramp {
  readonly windowMs: number
  readonly fromPerSec: number
  readonly toPerSec: number
}

/**
 * Where a server stands for new agents.
 *
 * - `ready`: may be chosen
 * - `warming`: is new or recovered and has had its share for the moment
 * - `full`: is well, and has no room
 * - `doubtful`: may live, but is not known to take calls; used only when too few others are left
 * - `out`: is known to take none
 * - `off`: shall take none
 */
export type Standing = (typeof standings)[number]

/** Every standing; those that may be chosen first. */
export const standings = ['ready', 'warming', 'doubtful', 'full', 'out', 'off'] as const

/** Why a server is not `ready`. */
export type Exclusion =
  | 'not-active'
  | 'stopping'
  | 'not-reconciled'
  | 'stale'
  | 'ejected'
  | 'warming'
  | 'down'
  | 'dead'
  | 'hung'
  | 'full'
  | 'calls-full'
  | 'tried'

/** Where a server stands, why, and what it carries. */
export interface Stood {
  readonly standing: Standing
  readonly why?: Exclusion
  /**
   * Load after the formula of the policy. Of a doubtful server, whose counters say nothing, the share of its capacity that
   * was placed there.
   */
  readonly load: number
  /** When it may stand elsewhere by the mere passing of time, wall-clock milliseconds; Infinity: never. */
  readonly wakeAt: number
}

/** Counters up to this age are as good as new. */
export const freshMs = 10_000
/** Counters older than this say nothing any more. */
export const staleMs = 60_000
/** How far apart calls are that find out whether a server which failed real calls takes them again. */
export const trialMs = 10_000

/** Where a server stands at a wall-clock time. `selector/store/lua/rank.lua` says the same, to the last bit. */
export function standingOf(candidate: Facts, policy: Policy, at: number): Stood {
  const [standing, why] = barredBy(candidate) ?? judged(candidate, at)
  const load = loadOf(candidate, policy, standing)
  const wakeAt = nextChange(candidate, at)
  return why === undefined ? { standing, load, wakeAt } : { standing, why, load, wakeAt }
}

type Judgement = readonly [standing: Standing, why?: Exclusion]

/** Servers that shall take no agents, or are known not to. */
function barredBy({ server, load, health }: Facts): Judgement | undefined {
  if (server.wanted !== 'active') return ['off', 'not-active']
  if (health === 'stopping' || load?.state === 'draining') return ['off', 'stopping']
  // A server that was never heard counts as draining: it carries nobody knows what.
  if (load === undefined) return ['off', 'not-reconciled']
  if (health === 'down') return ['out', 'down']
  return load.state === 'dead' || load.state === 'hung' ? ['out', load.state] : undefined
}

function judged(candidate: Facts, at: number): Judgement {
  const doubt = doubtOf(candidate, at)
  const full = fullness(candidate)
  if (full) return [doubt ? 'out' : 'full', full]
  if (doubt) return ['doubtful', doubt]
  return (candidate.nextAt ?? 0) > at ? ['warming', 'warming'] : isReady
}

/** When the next join on a server in its ramp or on trial is due, or undefined when it takes any number. */
export function nextJoinAt(candidate: Facts, { ramp }: Policy, at: number): number | undefined {
  if (candidate.health === 'ejected') return at + trialMs
  const { warmSince } = candidate
  if (!ramp || warmSince === undefined || at - warmSince >= ramp.windowMs) return undefined
  const done = Math.max(0, at - warmSince) / ramp.windowMs
  return Math.ceil(at + 1_000 / (ramp.fromPerSec + (ramp.toPerSec - ramp.fromPerSec) * done))
}

const isReady: Judgement = ['ready']

function doubtOf({ load, health, until = 0 }: Facts, at: number): Exclusion | undefined {
  if (!load?.reconciled) return 'not-reconciled'
  if (at - load.takenAt > staleMs) return 'stale'
  return health === 'ejected' && until > at ? 'ejected' : undefined
}

function fullness({ server, load, reserved, ended = 0 }: Facts): Exclusion | undefined {
  const { inCall = 0, waiting = 0, clients = 0 } = load ?? {}
  if (inCall + waiting + reserved - ended >= server.capacity) return 'full'
  return server.maxCalls !== undefined && clients >= server.maxCalls ? 'calls-full' : undefined
}

function loadOf(
  { server, load, reserved, placed = reserved, ended = 0 }: Facts,
  { utilisation, rho }: Policy,
  standing: Standing,
): number {
  const { inCall = 0, waiting = 0 } = load ?? {}
  const { capacity, weight = 1 } = server
  if (capacity <= 0) return 0
  if (standing === 'doubtful' || utilisation === 'placed') return placed / (capacity * weight)
  if (utilisation === 'in-call') return inCall / weight
  return (inCall + rho * (waiting + reserved - ended)) / (capacity * weight)
}

function nextChange({ load, until = 0, nextAt = 0 }: Facts, at: number): number {
  const staleAt = load?.reconciled ? load.takenAt + staleMs + 1 : 0
  return Math.min(ifAfter(staleAt, at), ifAfter(until, at), ifAfter(nextAt, at))
}

function ifAfter(time: number, at: number): number {
  return time > at ? time : Infinity
}
