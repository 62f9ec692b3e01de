import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Engine } from '../api.ts'
import type { Certificate } from '../transport/transport-options.ts'

/** What `createControl` needs. */
export interface ControlOptions {
  readonly engine: Engine
  readonly host: string
  readonly port: number
  /** What applications must say in `authenticate`; not empty. */
  readonly secret: string
  /** Told to applications; drachtio-srf wants `v<major>.<minor>.<patch>`. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<ControlLimits>
  /** A second port, for applications that come over TLS (srf: `{tls: true}`); default: none. */
  readonly tls?: { readonly host: string; readonly port: number; readonly certificate: Certificate }
  /** Whether records of calls are told to the applications that route `cdr:attempt`, `cdr:start` and `cdr:stop`; default: false. */
  readonly cdrs?: boolean
  /**
   * Ends a dialog whose peer has lost its connection and has not come back within so many ms. The application hears of it as of every BYE that
   * was not its own. Default: dialogs stay until a request in them fails.
   */
  readonly hangUpAfterMs?: number
}

/** Numbers that bound what applications and peers can make the control port hold. Times in milliseconds. */
export interface ControlLimits {
  /** Bytes of one frame from an application. */
  readonly frameBytes: number
  /** Connections of applications, authenticated or not. */
  readonly apps: number
  /** Bytes that may wait for an application that does not read; more closes the connection. */
  readonly outboxBytes: number
  /** A new connection must authenticate within this. */
  readonly authenticateMs: number
  /** An application must give its first response to a request within this. */
  readonly firstResponseMs: number
  /** Dialogs of which the owning application is remembered; the oldest is forgotten first. */
  readonly dialogs: number
  /** Registered contacts whose connection is remembered; the oldest is forgotten first. */
  readonly contacts: number
}

/** Every default of the control port, in one place. */
export const controlDefaults: ControlLimits = {
  frameBytes: 1_048_576,
  apps: 64,
  outboxBytes: 67_108_864,
  authenticateMs: 10_000,
  firstResponseMs: 64_000,
  dialogs: 200_000,
  contacts: 50_000,
}
