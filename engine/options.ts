import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Transports } from './transport/transport.ts'

/** Numbers that bound what peers and applications can make the engine hold. Times in milliseconds. */
export interface EngineLimits {
  /** Open transactions, those of peers and our own together. OPTIONS is refused from 70 % on, REGISTER from 80 %, other new requests from 90 %. */
  readonly transactions: number
  /** Dialogs, early ones included; at the limit new INVITEs are refused. */
  readonly dialogs: number
  /** Open transactions of requests from one address. */
  readonly perSource: number
  /** The application's time for the first response to an INVITE; then the engine answers 480. */
  readonly answerMs: number
  /** How long an INVITE may ring without a new provisional response: ours is then cancelled, a peer's gets 480. */
  readonly ringMs: number
  /** Before 100 Trying is sent, when the application has sent nothing; 0 sends it at once. */
  readonly tryingMs: number
}

/** The limits that hold where `EngineOptions.limits` says nothing. A confirmed call keeps two transactions for 32 s (RFC 6026). */
export const engineDefaults: EngineLimits = {
  transactions: 100_000,
  dialogs: 20_000,
  perSource: 50_000,
  answerMs: 64_000,
  ringMs: 600_000,
  tryingMs: 200,
}

/**
 * What to do with an in-dialog request that comes over another connection or from another address than before. `follow` sends
 * to the new place from then on, as browsers that reconnect need; knowing both tags (64 random bits of ours) is the proof.
 * `refuse` answers 403.
 */
export type NewFlowPolicy = 'follow' | 'refuse'

/** What `createEngine` needs. */
export interface EngineOptions {
  readonly transports: Transports
  readonly clock: Clock
  /** That many random bytes as lower-case hex; must be unpredictable outside tests. */
  readonly random: (bytes: number) => string
  readonly log: Log
  readonly limits?: Partial<EngineLimits>
  /** Said in User-Agent and Server; default: nothing is said. */
  readonly userAgent?: string
  /** Default: `follow`. */
  readonly newFlow?: NewFlowPolicy
}
