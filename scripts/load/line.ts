import { WebSocket } from 'ws'
import { PorticoError } from '../../runtime/errors.ts'

/** Where and from which address an agent connects. */
export interface LineOptions {
  /** `wss://host:port/path`. */
  readonly url: string
  /** A loopback address of its own spreads many agents over the limits of the door. */
  readonly localAddress: string
}

/** One agent's WebSocket; each message is one SIP message as text. */
export interface Line {
  send(text: string): void
  close(): void
}

/** Connects. Rejects with `E_LISTEN` that names the HTTP status or the socket's error. */
export function openLine(
  { url, localAddress }: LineOptions,
  received: (text: string) => void,
  closed: () => void,
): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'sip', {
      // A benchmark measures the door, whose certificate is of its own making.
      rejectUnauthorized: false,
      perMessageDeflate: false,
      handshakeTimeout: 30_000,
      localAddress,
    })
    socket.once('open', () => resolve({ send: text => socket.send(text), close: () => socket.terminate() }))
    socket.on('error', cause => reject(new PorticoError('E_LISTEN', `${url}: ${cause.message}`, { cause })))
    socket.on('message', (data: Buffer) => received(data.toString()))
    socket.once('close', closed)
  })
}
