import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { secureOptions } from './certificate.ts'
import type { Connection, Context, Listener } from './context.ts'
import { listen } from './listen.ts'
import { codeOf, isWildcard } from './listener-address.ts'
import { streamConnection } from './stream-connection.ts'
import type { ListenerOptions } from './transport.ts'

/** Opens a TCP listener. Rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
export async function openTcp(options: ListenerOptions, context: Context): Promise<Listener> {
  const server = createTcpServer(socketOptions)
  server.on('connection', socket => accept(socket, options, context))
  return listen(server, options, context)
}

/** Opens a TLS listener. Rejects with `E_PORT_IN_USE` or `E_LISTEN`, the latter also when there is no usable certificate. */
export async function openTls(options: ListenerOptions, context: Context): Promise<Listener> {
  const server = createTlsServer({
    ...socketOptions,
    ...secureOptions(context.certificate),
    handshakeTimeout: context.limits.tlsHandshakeMs,
  })
  server.on('secureConnection', socket => accept(socket, options, context))
  server.on('tlsClientError', (cause, socket) => {
    context.counts.refused.add('tls-handshake')
    context.log.debug('transport.tls-refused', { listener: options.name, cause: codeOf(cause) })
    socket.destroy()
  })
  const listener = await listen(server, options, context)
  return { ...listener, setCertificate: certificate => server.setSecureContext(secureOptions(certificate)) }
}

/** Where a connection of ours shall lead. */
export interface Destination {
  readonly transport: 'tcp' | 'tls'
  /** An IP address. */
  readonly address: string
  readonly port: number
  /** The name that led to the address; on TLS the certificate must be for it. */
  readonly name?: string
}

/** Opens a connection from a listener's address. Messages sent meanwhile wait in it; when it fails, they all do. */
export function openConnection(to: Destination, from: Listener, context: Context): Connection {
  const { bound, name: listener } = from.address
  const { transport, address, port } = to
  const local = isWildcard(bound.host) ? {} : { localAddress: bound.host }
  const options = { ...socketOptions, ...local, host: address, port }
  const peer = { address, port }
  if (transport === 'tcp') {
    return streamConnection({ socket: connectTcp(options), transport, listener, peer }, context)
  }
  const { verify, ca } = context.tlsClient
  const servername = to.name === undefined ? {} : { servername: to.name }
  const issuers = ca === undefined ? {} : { ca }
  const socket = connectTls({
    ...options,
    ...servername,
    ...issuers,
    rejectUnauthorized: verify,
    minVersion: 'TLSv1.2',
  })
  // Nothing may be written before the certificate was checked.
  socket.cork()
  socket.once('secureConnect', () => socket.uncork())
  return streamConnection(
    { socket, transport, listener, peer, ...(to.name === undefined ? {} : { verifiedName: to.name }) },
    context,
  )
}

function accept(socket: Socket, { name, transport }: ListenerOptions, context: Context): void {
  if (!socket.destroyed) streamConnection({ socket, transport, listener: name }, context)
}

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }
