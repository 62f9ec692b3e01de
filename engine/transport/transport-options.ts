import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { ListenerOptions } from './transport.ts'

/** A certificate chain and its key, PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Numbers that bound what peers can make the transports hold. Times in milliseconds, sizes in bytes. */
export interface TransportLimits {
  /** One SIP message on TCP, TLS or WebSocket. */
  readonly messageBytes: number
  /** Open connections of all stream listeners together (TCP, TLS, WS, WSS), those to be opened by us included. */
  readonly connections: number
  /** Open connections that one address made to us. */
  readonly connectionsPerAddress: number
  /** Bytes that may wait for a peer that does not read; more closes the connection. */
  readonly queueBytes: number
  /** A connection of ours must be open within this. */
  readonly connectMs: number
  /** A TCP or TLS connection without traffic is closed after this. */
  readonly idleMs: number
  /** An accepted connection must bring its first SIP message within this. */
  readonly firstMessageMs: number
  /** A peer must end its TLS handshake within this. */
  readonly tlsHandshakeMs: number
  /** A host name must be resolved within this. */
  readonly resolveMs: number
  /** Host names that are being resolved at one time. */
  readonly resolving: number
}

/** How the WebSocket listeners meet browsers (RFC 7118). */
export interface WsOptions {
  /** The only path on which an upgrade is accepted. */
  readonly path: string
  /** Exact values of `Origin`; `*` allows every one. */
  readonly origins: readonly string[]
  /** Whether a client that sends no `Origin` (no browser) may connect. */
  readonly allowMissingOrigin: boolean
  /** Frames of one fragmented message. */
  readonly maxFragments: number
  /** Chunks of the socket that may be held for one frame. */
  readonly maxBufferedChunks: number
  /** An HTTP request must have sent its headers within this (milliseconds). */
  readonly headersMs: number
  /** Size of those headers (bytes). */
  readonly headersBytes: number
  /** A ping goes out this often (milliseconds); a connection that has not answered the last one is cut. */
  readonly pingMs: number
  /** Gets every HTTP request that is no WebSocket upgrade; default: 404. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void
}

/** How we meet the TLS servers to which we connect. */
export interface TlsClientOptions {
  /** Whether a certificate that does not fit the host or has no known issuer is refused. */
  readonly verify: boolean
  /** PEM of the issuers to trust instead of the usual ones. */
  readonly ca?: string
}

/** What `createTransports` needs. What is left out comes from `transportDefaults`. */
export interface TransportsOptions {
  readonly listeners: readonly ListenerOptions[]
  /** Needed when a listener is `tls` or `wss`. */
  readonly tls?: Certificate
  readonly tlsClient?: Partial<TlsClientOptions>
  readonly ws?: Partial<WsOptions>
  readonly limits?: Partial<TransportLimits>
  /** Whether a peer may be heard at all: unheard datagrams vanish, unheard connections are cut. Default: every peer. */
  readonly mayEnter?: (address: string, listener: string) => boolean
  readonly log: Log
  /** Default: the machine's clock. */
  readonly clock?: Clock
}

/** Every default of the transports, in one place. */
export const transportDefaults: {
  readonly limits: TransportLimits
  readonly ws: WsOptions
  readonly tlsClient: TlsClientOptions
} = {
  limits: {
    messageBytes: 65_536,
    connections: 20_000,
    connectionsPerAddress: 1000,
    queueBytes: 1_048_576,
    connectMs: 5000,
    idleMs: 600_000,
    firstMessageMs: 10_000,
    tlsHandshakeMs: 5000,
    resolveMs: 2000,
    resolving: 256,
  },
  ws: {
    path: '/sip',
    origins: [],
    allowMissingOrigin: false,
    maxFragments: 64,
    maxBufferedChunks: 256,
    headersMs: 5000,
    headersBytes: 8192,
    pingMs: 30_000,
  },
  tlsClient: { verify: true },
}
