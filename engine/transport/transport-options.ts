import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Metrics } from '../observe/metrics.ts'
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
  /** Connections a second that one address may make to us (0: any number) … */
  readonly connectsPerSecondPerAddress: number
  /** … and how many of them at once. */
  readonly connectsBurstPerAddress: number
  /** Connections a second from all addresses together, before any handshake (0: any number) … */
  readonly handshakesPerSecond: number
  /** … and how many of them at once. */
  readonly handshakesBurst: number
  /** TLS handshakes that begin in one turn of the event loop; the others wait in line. */
  readonly handshakesPerTurn: number
  /** WebSockets a second that are let in; the others get 503 with Retry-After (0: any number) … */
  readonly upgradesPerSecond: number
  /** … and how many of them at once. */
  readonly upgradesBurst: number
  /** The longest Retry-After of such a 503, in seconds; each is drawn between 1 and this. */
  readonly upgradeRetrySec: number
  /** Bytes that may wait for a peer that does not read; more closes the connection. */
  readonly queueBytes: number
  /** A connection on which bytes wait and none gets out for this long is closed. */
  readonly stallMs: number
  /** A message that has begun must have ended within this, on TCP, TLS and WebSocket. */
  readonly messageMs: number
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
  /** How long an address to which we have sent a datagram may answer although `mayEnter` does not know it. */
  readonly knownMs: number
  /** How many such addresses are remembered; the oldest is forgotten first. */
  readonly known: number
}

/** How the WebSocket listeners meet browsers (RFC 7118). */
export interface WsOptions {
  /** The only path on which an upgrade is accepted. */
  readonly path: string
  /** Exact values of `Origin`; `*` allows every one. */
  readonly origins: readonly string[]
  /** Whether a client that sends no `Origin` (no browser) may connect. */
  readonly allowMissingOrigin: boolean
  /** Exact values of `Host`, in lower case; `*` allows every one, but none is never allowed. */
  readonly hosts: readonly string[]
  /** Frames of one fragmented message. */
  readonly maxFragments: number
  /** Chunks of the socket that may be held for one frame. */
  readonly maxBufferedChunks: number
  /** An HTTP request must have sent its headers within this (milliseconds). */
  readonly headersMs: number
  /** Size of those headers (bytes). */
  readonly headersBytes: number
  /** An HTTP connection without traffic is closed after this (milliseconds); WebSockets have pings instead. */
  readonly httpIdleMs: number
  /** A ping goes out this often (milliseconds); a connection that has not answered the last one is cut. */
  readonly pingMs: number
  /** Pings and pongs a second that a peer may send, and twice as many at once; more closes the connection (0: any number). */
  readonly pingsPerSecond: number
  /** Messages a second that one connection may bring; more closes it (0: any number) … */
  readonly messagesPerSecond: number
  /** … and how many of them at once. */
  readonly messagesBurst: number
  /**
   * A peer must have been accepted within this (milliseconds), or its connection is closed: a response above 100 and below 300
   * to anything but OPTIONS has gone to it, or a request. 0: there is no such bound.
   */
  readonly acceptedMs: number
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
  /**
   * Whether a peer may be heard at all: unheard datagrams vanish, unheard connections are cut. An address to which we have sent
   * a datagram within `knownMs` is heard in any case. Default: every peer.
   */
  readonly mayEnter?: (address: string, listener: string) => boolean
  /** While it says true, WebSockets that want in get 503 with Retry-After. Default: never. */
  readonly isOverloaded?: () => boolean
  /** Where the transports count; default: nowhere. */
  readonly metrics?: Metrics
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
    // A whole office may come from one address, all at once after a fault. Others still have their share meanwhile.
    connectionsPerAddress: 5000,
    connectsPerSecondPerAddress: 300,
    connectsBurstPerAddress: 2000,
    // A TLS handshake costs about 0.8 ms of a core.
    handshakesPerSecond: 500,
    handshakesBurst: 2500,
    handshakesPerTurn: 8,
    upgradesPerSecond: 500,
    upgradesBurst: 2500,
    upgradeRetrySec: 30,
    queueBytes: 1_048_576,
    stallMs: 10_000,
    messageMs: 10_000,
    connectMs: 5000,
    idleMs: 600_000,
    firstMessageMs: 10_000,
    tlsHandshakeMs: 5000,
    resolveMs: 2000,
    resolving: 256,
    knownMs: 300_000,
    known: 10_000,
  },
  ws: {
    path: '/sip',
    origins: [],
    allowMissingOrigin: false,
    hosts: ['*'],
    maxFragments: 64,
    maxBufferedChunks: 256,
    headersMs: 5000,
    headersBytes: 8192,
    httpIdleMs: 30_000,
    pingMs: 30_000,
    pingsPerSecond: 10,
    messagesPerSecond: 20,
    messagesBurst: 50,
    acceptedMs: 10_000,
  },
  tlsClient: { verify: true },
}
