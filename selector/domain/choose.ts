import type { Candidate, MediaServer } from './media-server.ts'

/** One choice, with everything that led to it, so that it can be shown and repeated. */
export type Choice =
  | { readonly kind: 'chosen'; readonly server: MediaServer; readonly considered: readonly Considered[] }
  | { readonly kind: 'none'; readonly reason: NoneReason; readonly considered: readonly Considered[] }

/** Why nobody was chosen. */
export type NoneReason = 'no-servers' | 'none-eligible' | 'all-full'

/** What was seen of one server. */
export interface Considered {
  readonly id: string
  /** Load after the formula of the policy; absent when the server was not eligible. */
  readonly load?: number
  /** Why it was left out. */
  readonly excluded?: Exclusion
}

/** Why a server gets no new agent. */
export type Exclusion = 'not-active' | 'not-reconciled' | 'down' | 'full' | 'tried'

/** How load is computed. */
export interface Policy {
  /** `expected`: reservations and waiting agents count ρ; `in-call`: only agents in call count. */
  readonly utilisation: 'expected' | 'in-call'
  /** Share of agents that are in call, 0…1. */
  readonly rho: number
}

/**
 * The least loaded of the eligible candidates. `chance` in [0, 1) settles ties. The same input gives the same choice,
 * in whatever order the candidates come; `considered` is ordered by id.
 */
export function choose(
  candidates: readonly Candidate[],
  policy: Policy,
  exclude: readonly string[],
  chance: number,
): Choice {
  const ordered = candidates.toSorted((a, b) => (a.server.id < b.server.id ? -1 : 1))
  const considered = ordered.map(candidate => consider(candidate, policy, exclude))
  const least = considered.reduce((min, { load }) => Math.min(min, load ?? Infinity), Infinity)
  const tied = ordered.filter((_, index) => considered[index]?.load === least)
  const chosen = tied[Math.floor(chance * tied.length)]
  return chosen
    ? { kind: 'chosen', server: chosen.server, considered }
    : { kind: 'none', reason: reasonOf(considered), considered }
}

/** Why nobody was chosen, from what was considered. `all-full`: more capacity would have helped, and nothing else. */
export function reasonOf(considered: readonly Considered[]): NoneReason {
  if (considered.length === 0) return 'no-servers'
  const usable = considered.filter(({ excluded }) => excluded !== 'not-active')
  return usable.length > 0 && usable.every(({ excluded }) => excluded === 'full')
    ? 'all-full'
    : 'none-eligible'
}

function consider(candidate: Candidate, policy: Policy, exclude: readonly string[]): Considered {
  const { server, load, reserved, health } = candidate
  const id = server.id
  if (server.wanted !== 'active') return { id, excluded: 'not-active' }
  if (!load?.reconciled) return { id, excluded: 'not-reconciled' }
  if (health === 'down') return { id, excluded: 'down' }
  if (exclude.includes(id)) return { id, excluded: 'tried' }
  if (load.inCall + load.waiting + reserved >= server.capacity) return { id, excluded: 'full' }
  if (policy.utilisation === 'in-call') return { id, load: load.inCall }
  return { id, load: (load.inCall + policy.rho * (load.waiting + reserved)) / server.capacity }
}
