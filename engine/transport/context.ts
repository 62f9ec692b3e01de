import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { ListenerAddress, Source } from '../api.ts'
import type { Admission } from './admission.ts'
import type { TransportCounts } from './counts.ts'
import type { Certificate, TlsClientOptions, TransportLimits, WsOptions } from './transport-options.ts'
import type { TransportEvent } from './transport.ts'
import type { Turnstile } from './turnstile.ts'

/** What every listener and connection is given by the layer that holds them all. */
export interface Context {
  readonly limits: TransportLimits
  readonly ws: WsOptions
  readonly tlsClient: TlsClientOptions
  readonly certificate: Certificate | undefined
  readonly clock: Clock
  readonly log: Log
  readonly admission: Admission
  /** Where TLS handshakes of peers begin. */
  readonly handshakes: Turnstile
  readonly counts: TransportCounts
  readonly mayEnter: (address: string, listener: string) => boolean
  /** While it says true, no WebSocket is let in. */
  readonly isOverloaded: () => boolean
  /** Remembers that a datagram of ours goes to `address`, so that the answer is heard. */
  readonly sendingTo: (address: string) => void
  /** An id that no other connection has or had, in this process or another. */
  readonly nextFlow: () => string
  readonly receive: (event: TransportEvent) => void
  /** Makes a connection known; `closed` must follow once. */
  readonly opened: (connection: Connection) => void
  readonly closed: (connection: Connection) => void
}

/** Called at most once, and never before the call that it was given to has returned. */
export type Failed = (reason: string) => void

/** One open TCP, TLS or WebSocket connection, or one of ours that is being opened. */
export interface Connection {
  readonly flow: string
  readonly source: Source
  /** The name that the TLS certificate of the far end was checked for; connections to other names must not share it. */
  readonly verifiedName?: string
  /** False once it is closing; a new message then needs another connection. */
  isOpen(): boolean
  /** Bytes that wait to be sent. */
  queued(): number
  send(bytes: Buffer, failed: Failed): void
  close(): void
  /** As `close`, but says that this process goes away. */
  shutDown(): void
}

/** One open socket that takes in messages or connections. */
export interface Listener {
  readonly address: ListenerAddress
  close(): Promise<void>
  /** Only on TLS: replaces the certificate for connections to come. */
  setCertificate?(certificate: Certificate): void
  /** Only on UDP. */
  sendTo?(bytes: Buffer, host: string, port: number, failed: Failed): void
}

/** Calls `failed` as soon as the caller has returned, so that nobody is entered twice. */
export function failLater(failed: Failed, reason: string): void {
  queueMicrotask(() => failed(reason))
}
