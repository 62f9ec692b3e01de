import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { Log } from '../../runtime/log.ts'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import { secureOptions } from '../transport/certificate.ts'
import type { Certificate } from '../transport/transport-options.ts'

/** Where a control port can be reached. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** One listening port for applications. */
export interface Door {
  /** Rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
  open(): Promise<void>
  /** Lets nobody in any more, and resolves when all who are in have left. */
  close(): Promise<void>
  /** What was wanted, and once it is open what was got. */
  address(): Place
  /** New connections get this certificate. Throws `E_LISTEN` when it cannot be used; then the old one stays. */
  renew(certificate: Certificate): void
}

/** What a door needs. */
export interface DoorOptions extends Place {
  /** Makes it a TLS port. */
  readonly certificate?: Certificate | undefined
  readonly handshakeMs: number
  readonly maxConnections: number
  readonly log: Log
  /** Called with each connection, after its TLS handshake. */
  readonly accept: (socket: Socket) => void
}

/** A door that is not open yet. Throws `E_LISTEN` when the certificate cannot be used. */
export function createDoor(options: DoorOptions): Door {
  const { host, port, certificate, handshakeMs, accept, log } = options
  const tls =
    certificate && createTlsServer({ ...secureOptions(certificate), handshakeTimeout: handshakeMs }, accept)
  tls?.on('tlsClientError', cause => log.debug('control.handshake-failed', { cause: cause.message }))
  const server: Server = tls ?? createServer(accept)
  server.maxConnections = options.maxConnections
  const strangers = new Map<string, Socket>()
  // Of a TLS server these are the connections below; who has not ended its handshake must not hold up the end.
  if (tls !== undefined)
    server.prependListener('connection', (socket: Socket) => keepTrack(strangers, socket))
  tls?.prependListener('secureConnection', socket => strangers.delete(peerOf(socket)))
  return {
    async open() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', cause => reject(listenError(host, port, cause)))
        server.listen(port, host, resolve)
      })
      server.on('error', cause => log.error('control.listener', { cause: cause.message }))
    },
    async close() {
      if (!server.listening) return
      for (const socket of strangers.values()) socket.destroy()
      await new Promise<void>(resolve => {
        server.close(() => resolve())
      })
    },
    address() {
      const bound = server.address()
      return bound === null || typeof bound === 'string'
        ? { host, port }
        : { host: bound.address, port: bound.port }
    },
    renew: fresh => renew(tls, fresh),
  }
}

function keepTrack(strangers: Map<string, Socket>, socket: Socket): void {
  const peer = peerOf(socket)
  strangers.set(peer, socket)
  socket.once('close', () => strangers.delete(peer))
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function renew(tls: TlsServer | undefined, certificate: Certificate): void {
  tls?.setSecureContext(secureOptions(certificate))
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): PorticoError {
  const taken = cause.code === 'EADDRINUSE'
  return new PorticoError(
    taken ? 'E_PORT_IN_USE' : 'E_LISTEN',
    `the control port cannot listen on ${host}:${port}: ${taken ? 'the port is in use, choose another one' : messageOf(cause)}`,
    { cause },
  )
}
