import type { Health } from './media-server.ts'

/** What one INVITE or OPTIONS told about a media server. */
export type HealthOutcome = 'succeeded' | 'failed'

/** What is known of a server's health, and how many outcomes in a row speak against it. */
export interface HealthState {
  readonly health: Health
  /** Outcomes in a row that speak against `health`. */
  readonly against: number
  /** When `health` last changed, by the clock of the caller. */
  readonly since: number
}

/** How many outcomes in a row change a server's health. */
export interface HealthPolicy {
  readonly failuresToDown: number
  readonly successesToUp: number
}

/** Three failures put a server down, two successes bring it back. */
const defaultHealthPolicy: HealthPolicy = { failuresToDown: 3, successesToUp: 2 }

/** A server that nothing is known of. */
export const initialHealth: HealthState = { health: 'unknown', against: 0, since: 0 }

/** The state after one more outcome. A server that is not down is up with its first success. */
export function healthStep(
  state: HealthState,
  outcome: HealthOutcome,
  now: number,
  policy: HealthPolicy = defaultHealthPolicy,
): HealthState {
  const success = outcome === 'succeeded'
  if (success && state.health !== 'down') return settle(state, 'up', now)
  if (!success && state.health === 'down') return { ...state, against: 0 }
  const against = state.against + 1
  const needed = success ? policy.successesToUp : policy.failuresToDown
  return against < needed ? { ...state, against } : settle(state, success ? 'up' : 'down', now)
}

function settle(state: HealthState, health: Health, now: number): HealthState {
  return { health, against: 0, since: state.health === health ? state.since : now }
}
