import type { Health, HealthWord } from './media-server.ts'

/** What one INVITE told about a media server. */
export type HealthOutcome = 'succeeded' | 'failed'

/** What one OPTIONS told: it was answered, it was not, or the server shuts down gracefully (503). */
export type ProbeOutcome = 'answered' | 'silent' | 'stopping'

/** Why a server's health is what it is. */
export type HealthReason =
  | 'never-heard'
  | 'probes-answered'
  | 'probes-failed'
  | 'hangs'
  | 'died'
  | 'shutting-down'
  | 'calls-failed'
  | 'failure-share'
  | 'trial-failed'
  | 'calls-succeeded'
  | 'told-by-another-door'

/** What is known of a server's health. Times are wall-clock milliseconds. */
export interface HealthState {
  readonly health: Health
  readonly reason: HealthReason
  /** When `health` last changed. */
  readonly since: number
  /** Probes in a row that speak against `health`. */
  readonly against: number
  /** Calls in a row that failed. */
  readonly failedInRow: number
  /** Calls of the present window, and since when it lasts. */
  readonly calls: number
  readonly failed: number
  readonly windowFrom: number
  /** Until when an ejected server gets nothing. */
  readonly until: number
  /** How often in a row it was ejected. */
  readonly ejections: number
}

/** When a server's health changes. */
export interface HealthPolicy {
  /** Probes in a row that bring a server back, and that put it down. */
  readonly rise: number
  readonly fall: number
  /** Real calls in a row that fail until a server is ejected. */
  readonly failedCalls: number
  /** Share of failed calls in a window that ejects a server, and the least calls for it to mean anything. */
  readonly failedShare: number
  readonly shareOf: number
  readonly windowMs: number
  /** How long the first ejection lasts; each further one in a row twice as long, up to `ejectMostMs`. */
  readonly ejectMs: number
  readonly ejectMostMs: number
}

/** What suits a fleet of four to forty servers that get a few calls a second. */
export const defaultHealthPolicy: HealthPolicy = {
  rise: 2,
  fall: 3,
  failedCalls: 3,
  failedShare: 0.5,
  shareOf: 10,
  windowMs: 60_000,
  ejectMs: 30_000,
  ejectMostMs: 300_000,
}

/** A server that nothing is known of. */
export const initialHealth: HealthState = {
  health: 'unknown',
  reason: 'never-heard',
  since: 0,
  against: 0,
  failedInRow: 0,
  calls: 0,
  failed: 0,
  windowFrom: 0,
  until: 0,
  ejections: 0,
}

/** The state after a probe. Probes never bring an ejected server back: it answers them well, that is what is wrong with it. */
export function afterProbe(
  state: HealthState,
  outcome: ProbeOutcome,
  now: number,
  policy: HealthPolicy = defaultHealthPolicy,
): HealthState {
  switch (outcome) {
    case 'stopping':
      return turn(state, 'stopping', 'shutting-down', now)
    case 'silent': {
      if (state.health === 'down') return { ...state, against: 0 }
      const against = state.against + 1
      return against < policy.fall ? { ...state, against } : turn(state, 'down', 'probes-failed', now)
    }
    case 'answered': {
      if (state.health === 'up' || state.health === 'ejected') return { ...state, against: 0 }
      const against = state.against + 1
      const needed = state.health === 'unknown' ? 1 : policy.rise
      if (against < needed) return { ...state, against }
      // What failed real calls before it went down has yet to show that it takes them.
      if (state.ejections > 0) return { ...turn(state, 'ejected', 'probes-answered', now), until: now }
      return turn(state, 'up', 'probes-answered', now)
    }
  }
}

/** The state of a server that was found to do nothing any more. */
export function afterHang(state: HealthState, now: number): HealthState {
  return turn(state, 'down', 'hangs', now)
}

/** The state of a server whose process has ended. Its Manager Interface may be back before its SIP is: probes have to be answered first. */
export function afterDeath(state: HealthState, now: number): HealthState {
  return turn(state, 'down', 'died', now)
}

/** The state after a real call was sent there. */
export function afterCall(
  state: HealthState,
  outcome: HealthOutcome,
  now: number,
  policy: HealthPolicy = defaultHealthPolicy,
): HealthState {
  const counted = count(state, outcome, now, policy)
  if (outcome === 'succeeded') return succeeded(counted, now, policy)
  if (state.health === 'down' || state.health === 'stopping') return counted
  if (state.health === 'ejected') {
    // Calls that were on their way when it was ejected tell nothing new.
    return state.until <= now ? eject(counted, 'trial-failed', now, policy) : counted
  }
  if (counted.failedInRow >= policy.failedCalls) return eject(counted, 'calls-failed', now, policy)
  const isShare = counted.calls >= policy.shareOf && counted.failed >= policy.failedShare * counted.calls
  return isShare ? eject(counted, 'failure-share', now, policy) : counted
}

/** The state after another door told what it found. */
export function afterWord(state: HealthState, word: HealthWord, now: number): HealthState {
  const { health, until = 0, ejections = 0 } = word
  if (health === state.health && until === state.until) return state
  if (health === 'unknown') return state
  return { ...turn(state, health, 'told-by-another-door', now), until, ejections }
}

/** What others are told of it. */
export function wordOf({ health, until, ejections }: HealthState): HealthWord {
  return { health, until, ejections }
}

function count(
  state: HealthState,
  outcome: HealthOutcome,
  now: number,
  { windowMs }: HealthPolicy,
): HealthState {
  const isOver = now - state.windowFrom >= windowMs
  const { calls, failed, windowFrom } = isOver ? { calls: 0, failed: 0, windowFrom: now } : state
  const bad = outcome === 'failed' ? 1 : 0
  return {
    ...state,
    calls: calls + 1,
    failed: failed + bad,
    windowFrom,
    failedInRow: bad === 1 ? state.failedInRow + 1 : 0,
  }
}

function succeeded(state: HealthState, now: number, policy: HealthPolicy): HealthState {
  switch (state.health) {
    case 'unknown':
      return turn(state, 'up', 'calls-succeeded', now)
    case 'ejected':
      return state.until <= now ? turn(state, 'up', 'calls-succeeded', now) : state
    case 'down':
      return afterProbe(state, 'answered', now, policy)
    case 'stopping':
      return state
    case 'up': {
      // What was well for as long as the longest ejection has made up for those before.
      const isForgiven = state.ejections > 0 && now - state.since >= policy.ejectMostMs
      return isForgiven ? { ...state, ejections: 0 } : state
    }
  }
}

function eject(state: HealthState, reason: HealthReason, now: number, policy: HealthPolicy): HealthState {
  const ms = Math.min(policy.ejectMs * 2 ** Math.min(state.ejections, 10), policy.ejectMostMs)
  const ejected = { ...turn(state, 'ejected', reason, now), reason, since: now, failedInRow: 0 }
  return { ...ejected, until: now + ms, ejections: state.ejections + 1 }
}

/** Another health; what was counted for the one before no longer matters. */
function turn(state: HealthState, health: Health, reason: HealthReason, now: number): HealthState {
  if (state.health === health) return { ...state, against: 0 }
  const until = health === 'ejected' ? state.until : 0
  return {
    ...state,
    health,
    reason,
    since: now,
    until,
    against: 0,
    failedInRow: 0,
    calls: 0,
    failed: 0,
    windowFrom: now,
  }
}
