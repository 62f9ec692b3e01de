import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Engine } from '../api.ts'

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
}

/** Every default of the control port, in one place. */
export const controlDefaults: ControlLimits = {
  frameBytes: 1_048_576,
  apps: 64,
  outboxBytes: 67_108_864,
  authenticateMs: 10_000,
  firstResponseMs: 64_000,
  dialogs: 200_000,
}
