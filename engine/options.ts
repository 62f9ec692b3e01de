import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { MessageLimits } from './message/limits.ts'
import type { LoadMeter } from './observe/load-meter.ts'
import type { Metrics } from './observe/metrics.ts'
import type { Transports } from './transport/transport.ts'
import type { Names } from './uac/locate.ts'

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
  /** How late the process may come to its timers (smoothed over a second) before OPTIONS is refused; at twice that REGISTER, at four times all that is new. */
  readonly shedLagMs: number
  /** The share of the heap that may be used before OPTIONS is refused; at a third of the rest REGISTER, at two thirds all that is new. */
  readonly shedHeapShare: number
  /** Bytes of a request that is sent over UDP although TCP would do as well (RFC 3261 §18.1.1). */
  readonly datagram: number
  /** For finding out where a name may be reached, all questions together. */
  readonly locateMs: number
  /** How long it is remembered where a name may be reached. */
  readonly locatedMs: number
  /** Names that are remembered, and peers whose overload is. */
  readonly located: number
}

/** The limits that hold where `EngineOptions.limits` says nothing. A confirmed call keeps two transactions for 32 s (RFC 6026). */
export const engineDefaults: EngineLimits = {
  transactions: 100_000,
  dialogs: 20_000,
  perSource: 50_000,
  answerMs: 64_000,
  ringMs: 600_000,
  tryingMs: 200,
  shedLagMs: 100,
  shedHeapShare: 0.85,
  datagram: 1300,
  locateMs: 3000,
  locatedMs: 30_000,
  located: 1000,
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
  /** How large a message may be; default: `defaultLimits` of the message layer. */
  readonly messageLimits?: Partial<MessageLimits>
  /** Where the engine counts; default: nowhere. */
  readonly metrics?: Metrics
  /** Tells how hard the process is pressed; started and stopped by the engine. Default: only what the engine holds counts. */
  readonly load?: LoadMeter
  /** Seconds after which a call ends that nobody refreshes (RFC 4028); default 0: only where the peer or the application asks. */
  readonly sessionExpiresSec?: number
  /** The shortest session interval that peers may ask for; default and least: 90. */
  readonly minSessionExpiresSec?: number
  /**
   * Option tags that the application understands besides the engine's own `100rel` and `timer`. A request that requires
   * another one gets 420 (RFC 3261 §8.2.2.3); `any` leaves that to the application. Default: `defaultExtensions`.
   */
  readonly extensions?: readonly string[] | 'any'
  /** Asks peers for overload feedback in our Via (RFC 7339); what comes is honoured either way. Default: false. */
  readonly overloadControl?: boolean
  /** Where names are looked up; default: `/etc/hosts`, then DNS. */
  readonly names?: Names
}

/** Extensions that need nothing of the engine but to be let through. */
export const defaultExtensions: readonly string[] = ['outbound', 'path', 'replaces', 'norefersub']
