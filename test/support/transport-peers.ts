import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate } from 'selfsigned'
import type { Test } from 'tap'
import { silentLog } from '../../runtime/log.ts'
import type { Certificate, TransportsOptions } from '../../engine/transport/transport-options.ts'
import type { ListenerOptions, TransportEvent } from '../../engine/transport/transport.ts'
import { createTransports, type SocketTransports } from '../../engine/transport/transports.ts'

/** A whole message of a size that says which one it is. */
export function sip(call: string, body = ''): Buffer {
  return Buffer.from(
    `OPTIONS sip:a SIP/2.0\r\nCall-ID: ${call}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

/** A listener on a free port of 127.0.0.1. */
export function on(
  transport: ListenerOptions['transport'],
  more: Partial<ListenerOptions> = {},
): ListenerOptions {
  return { name: 'test', transport, host: '127.0.0.1', port: 0, ...more }
}

/** Open transports, and what they tell. */
export interface Opened {
  readonly transports: SocketTransports
  /** The port of the first listener. */
  readonly port: number
  /** The next event that was not taken yet. */
  next<K extends TransportEvent['kind']>(kind: K): Promise<Extract<TransportEvent, { kind: K }>>
  /** Sends and waits; resolves with why it failed. */
  failure(bytes: Buffer, target: Parameters<SocketTransports['send']>[1]): Promise<string>
}

/** Opens transports that are closed when the test ends. */
export async function opened(
  t: Test,
  listeners: readonly ListenerOptions[],
  options: Partial<TransportsOptions> = {},
): Promise<Opened> {
  const transports = createTransports({ listeners, log: silentLog, ...options })
  const events = new EventEmitter()
  const waiting: TransportEvent[] = []
  t.teardown(() => transports.stop())
  await transports.start(event => {
    waiting.push(event)
    events.emit('event')
  })
  return {
    transports,
    port: transports.listeners()[0]?.bound.port ?? 0,
    async next(kind) {
      for (;;) {
        const at = waiting.findIndex(event => event.kind === kind)
        const found = at === -1 ? undefined : waiting.splice(at, 1)[0]
        if (isOf(found, kind)) return found
        await once(events, 'event')
      }
    },
    failure: (bytes, target) => new Promise(resolve => transports.send(bytes, target, resolve)),
  }
}

/** A TCP connection to `port` that is gone when the test ends. */
export async function tcpClient(t: Test, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** A TCP connection to `port` that must be closed from there; resolves with how many bytes it got before. */
export async function refusedClient(port: number, localAddress = '127.0.0.1'): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => undefined)
  socket.resume()
  await new Promise(resolve => socket.once('close', resolve))
  return socket.bytesRead
}

/** What the socket says, until it is as long as `length`. */
export async function said(socket: Socket, length: number): Promise<string> {
  let text = ''
  while (text.length < length) {
    text += String((await once(socket, 'data'))[0])
  }
  return text
}

/** A certificate for 127.0.0.1 and localhost that is its own issuer. */
export async function certificate(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { cert, key }
}

function isOf<K extends TransportEvent['kind']>(
  event: TransportEvent | undefined,
  kind: K,
): event is Extract<TransportEvent, { kind: K }> {
  return event?.kind === kind
}
