import { createSocket, type Socket } from 'node:dgram'
import type { Context, Failed, Listener } from './context.ts'
import { failLater } from './context.ts'
import { codeOf, listenerAddress, listenError } from './listener-address.ts'
import type { ListenerOptions } from './transport.ts'

/** Opens a UDP socket. Rejects with `E_PORT_IN_USE` or `E_LISTEN`. */
export async function openUdp(options: ListenerOptions, context: Context): Promise<Listener> {
  const family = options.host.includes(':') ? 6 : 4
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    recvBufferSize: socketBufferBytes,
    sendBufferSize: socketBufferBytes,
    // Only addresses come here; Node would otherwise wait a tick for each.
    lookup: (host, _, done) => done(null, host, family),
  })
  await bound(socket, options)
  const address = listenerAddress(options, socket.address())
  receiveFrom(socket, options.name, context)
  return {
    address,
    sendTo: (bytes, host, port, failed) => {
      context.sendingTo(host)
      sendTo(socket, bytes, host, port, failed)
    },
    close: () => new Promise(resolve => socket.close(() => resolve())),
  }
}

function bound(socket: Socket, options: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', cause => {
      socket.close()
      reject(listenError(options, cause))
    })
    socket.bind({ address: options.host, port: options.port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
}

function receiveFrom(socket: Socket, listener: string, context: Context): void {
  socket.on('error', cause => context.log.warn('transport.udp-error', { listener, cause: codeOf(cause) }))
  socket.on('message', (bytes, { address, port }) => {
    if (isKeepAlive(bytes)) return
    if (!context.mayEnter(address, listener)) return context.counts.unheard.add()
    context.receive({ kind: 'message', bytes, source: { transport: 'udp', address, port, listener } })
  })
}

function sendTo(socket: Socket, bytes: Buffer, host: string, port: number, failed: Failed): void {
  if (bytes.length > maxDatagramBytes) {
    failLater(failed, 'too-large')
    return
  }
  try {
    socket.send(bytes, port, host, cause => {
      if (cause !== null) failed(codeOf(cause))
    })
  } catch (cause) {
    failLater(failed, codeOf(cause))
  }
}

/** Phones behind NAT send CRLF, NULs or nothing at all to keep their mapping; the shortest SIP message is far longer. */
function isKeepAlive(bytes: Buffer): boolean {
  return bytes.length < 16
}

const maxDatagramBytes = 65_507
const socketBufferBytes = 1_048_576
