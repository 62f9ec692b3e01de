import type { ListenerAddress, Source, Transport } from '../api.ts'

/** Where bytes shall go: over an open connection, or to an address from one of our listeners. */
export type Target =
  | { readonly flow: string }
  | {
      readonly transport: Transport
      readonly host: string
      readonly port: number
      /** The listener to send from; default: the first of that transport. */
      readonly listener?: string
      /** The name that `host`, an address, was found for; a TLS certificate must be for it. */
      readonly name?: string
    }

/** What the transport layer tells. `bytes` is exactly one SIP message as it was framed; nothing of it is parsed yet. */
export type TransportEvent =
  | {
      readonly kind: 'message'
      readonly bytes: Buffer
      readonly source: Source
      /** Set when a stream cannot be cut into messages here: `bytes` is a head that may be answered, and nothing else. */
      readonly fault?: string
    }
  | { readonly kind: 'flow-closed'; readonly flow: string }

/** All sockets of the engine (RFC 3261 §18). One object holds every listener and every connection. */
export interface Transports {
  /** Opens every listener, or none: rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
  start(receive: (event: TransportEvent) => void): Promise<void>
  stop(): Promise<void>
  listeners(): readonly ListenerAddress[]
  /** Which listener a message to `target` leaves from; undefined when there is none of that transport or the flow is gone. */
  route(target: Target): ListenerAddress | undefined
  /** Sends one message. `failed` is called at most once, when it is known that it did not go out. */
  send(bytes: Buffer, target: Target, failed: (reason: string) => void): void
  closeFlow(flow: string): void
}

/** One socket to be opened. */
export interface ListenerOptions {
  /** Several listeners may share a name, e.g. `trunk` on udp and tcp. */
  readonly name: string
  readonly transport: Transport
  readonly host: string
  readonly port: number
  /** What Via and Contact say instead of `host` and `port`. */
  readonly advertise?: { readonly host: string; readonly port: number }
}
