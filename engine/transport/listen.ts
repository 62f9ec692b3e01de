import type { Server, Socket } from 'node:net'
import type { Context, Listener } from './context.ts'
import { codeOf, listenerAddress, listenError, plainAddress } from './listener-address.ts'
import type { ListenerOptions } from './transport.ts'

/**
 * Binds a TCP, TLS or HTTP server and lets in only connections for which there is a place. Rejects with `E_PORT_IN_USE`
 * or `E_LISTEN`.
 */
export async function listen(server: Server, options: ListenerOptions, context: Context): Promise<Listener> {
  const sockets = new Set<Socket>()
  const isTls = 'setSecureContext' in server
  // Node's own TLS and HTTP servers have put theirs there: nothing of a connection is looked at before it is let in.
  const takers = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (!admit(socket, sockets, options.name, context)) return
    const take = (): void => takers.forEach(taker => Reflect.apply(taker, server, [socket]))
    if (isTls) inTurn(socket, take, context)
    else take()
  })
  await bound(server, options)
  server.on('error', cause =>
    context.log.warn('transport.listener-error', { listener: options.name, cause: codeOf(cause) }),
  )
  const address = server.address()
  if (address === null || typeof address === 'string') throw listenError(options, 'no address')
  return { address: listenerAddress(options, address), close: () => closed(server, sockets, context) }
}

function admit(socket: Socket, sockets: Set<Socket>, listener: string, context: Context): boolean {
  const address = plainAddress(socket.remoteAddress)
  const entered = context.mayEnter(address, listener)
    ? context.admission.enter(address)
    : ({ ok: false, reason: 'not-served' } as const)
  if (!entered.ok) {
    const { reason } = entered
    context.counts.refused.add(reason)
    context.log.debug('transport.not-admitted', { listener, address, reason })
    // No FIN and no time in TIME_WAIT: a stranger costs as little as can be.
    socket.resetAndDestroy()
    return false
  }
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    entered.leave()
  })
  return true
}

/** A handshake begins in its turn, unless the peer is gone by then. */
function inTurn(socket: Socket, take: () => void, { handshakes }: Context): void {
  socket.on('error', ignore)
  handshakes(() => {
    socket.off('error', ignore)
    if (!socket.destroyed) take()
  })
}

function ignore(): void {
  // Who leaves while it waits in line costs nothing more; its socket closes by itself.
}

function bound(server: Server, { host, port, ...rest }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (cause: unknown): void => reject(listenError({ host, port, ...rest }, cause))
    server.once('error', refused)
    server.listen({ host, port, ipv6Only: host.includes(':'), exclusive: true, backlog: 1024 }, () => {
      server.removeListener('error', refused)
      resolve()
    })
  })
}

/** Connections that close by themselves get a moment for it. */
function closed(server: Server, sockets: ReadonlySet<Socket>, { clock }: Context): Promise<void> {
  return new Promise(resolve => {
    const cancel = clock.after(lingerMs, () => {
      for (const socket of sockets) socket.destroy()
    })
    server.close(() => {
      cancel()
      resolve()
    })
  })
}

const lingerMs = 250
