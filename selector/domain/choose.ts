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
