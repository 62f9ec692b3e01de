import { randomInt } from 'node:crypto'
import {
  createServer as createHttpServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { secureOptions } from './certificate.ts'
import type { Context, Listener } from './context.ts'
import { listen } from './listen.ts'
import { codeOf } from './listener-address.ts'
import type { ListenerOptions } from './transport.ts'
import { wsConnection } from './ws-connection.ts'
import { upgradeRefusal, type UpgradeRefusal } from './ws-upgrade.ts'

/** Opens an HTTP server that takes in WebSockets. Rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
export async function openWs(options: ListenerOptions, context: Context): Promise<Listener> {
  const server = createHttpServer(httpOptions(context))
  attach(server, options, context)
  return listen(server, options, context)
}

/** The same over TLS. Rejects with `E_LISTEN` also when there is no usable certificate. */
export async function openWss(options: ListenerOptions, context: Context): Promise<Listener> {
  const server = createHttpsServer({
    ...httpOptions(context),
    ...secureOptions(context.certificate),
    handshakeTimeout: context.limits.tlsHandshakeMs,
  })
  attach(server, options, context)
  server.on('tlsClientError', (cause, socket) => {
    context.counts.refused.add('tls-handshake')
    context.log.debug('transport.tls-refused', { listener: options.name, cause: codeOf(cause) })
    socket.destroy()
  })
  const listener = await listen(server, options, context)
  return { ...listener, setCertificate: certificate => server.setSecureContext(secureOptions(certificate)) }
}

function httpOptions({ ws }: Context): object {
  return {
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    headersTimeout: ws.headersMs,
    requestTimeout: ws.headersMs * 2,
    keepAliveTimeout: ws.headersMs,
    connectionsCheckingInterval: Math.min(1000, ws.headersMs),
    maxHeaderSize: ws.headersBytes,
  }
}

function attach(server: Server, { name, transport }: ListenerOptions, context: Context): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: context.limits.messageBytes,
    maxFragments: context.ws.maxFragments,
    maxBufferedChunks: context.ws.maxBufferedChunks,
    handleProtocols: () => 'sip',
  })
  server.timeout = context.ws.httpIdleMs
  server.on('request', context.ws.onRequest ?? notFound)
  webSockets.on('wsClientError', (_, socket) => {
    context.counts.upgradesRefused.add('malformed')
    refuse(socket, 400, 0)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = upgradeRefusal(request, context.ws) ?? crowding(context)
    if (refusal !== undefined || !(socket instanceof Socket)) {
      const { status, reason } = refusal ?? { status: 400, reason: 'no-socket' }
      context.counts.upgradesRefused.add(reason)
      context.log.debug('transport.upgrade-refused', { listener: name, status, reason })
      refuse(socket, status, context.limits.upgradeRetrySec)
      return
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      wsConnection({ webSocket, socket, transport, listener: name }, context)
    })
  })
}

/** Whether there is no room for one more at the moment; only asked about those that would be let in otherwise. */
function crowding({ isOverloaded, admission }: Context): UpgradeRefusal | undefined {
  if (isOverloaded()) return { status: 503, reason: 'overloaded' }
  return admission.mayUpgrade() ? undefined : { status: 503, reason: 'too-many-upgrades' }
}

function refuse(socket: Duplex, status: UpgradeRefusal['status'], retrySec: number): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Length: 0',
    // Drawn for each, so that those who are turned away together do not come back together.
    ...(status === 503 ? [`Retry-After: ${randomInt(1, retrySec + 1)}`] : []),
    ...(status === 426 ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] : []),
  ]
  socket.once('error', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n`, () => socket.destroy())
}

function notFound(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'Content-Length': 0, Connection: 'close' }).end()
}
