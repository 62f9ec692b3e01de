import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Source, Transport } from '../api.ts'
import { failLater, type Connection, type Context, type Failed } from './context.ts'
import { codeOf, plainAddress } from './listener-address.ts'

/** An accepted WebSocket and the socket under it. */
export interface WsConnectionOptions {
  readonly webSocket: WebSocket
  readonly socket: Socket
  readonly transport: Transport
  readonly listener: string
}

/** Takes over a WebSocket: each of its messages is one SIP message or a keep-alive (RFC 7118 §5). */
export function wsConnection(options: WsConnectionOptions, context: Context): Connection {
  return new WsConnection(options, context)
}

class WsConnection implements Connection {
  readonly flow: string
  readonly source: Source
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #context: Context
  #cancelDeadline: () => void
  #cancelPing: () => void
  #answered = true

  constructor({ webSocket, socket, transport, listener }: WsConnectionOptions, context: Context) {
    this.flow = context.nextFlow()
    this.#webSocket = webSocket
    this.#socket = socket
    this.#context = context
    const address = plainAddress(socket.remoteAddress)
    this.source = { transport, address, port: socket.remotePort ?? 0, flow: this.flow, listener }
    this.#cancelDeadline = context.clock.after(context.limits.firstMessageMs, () => this.#cut('silent'))
    this.#cancelPing = context.clock.after(context.ws.pingMs, () => this.#ping())
    this.#listen()
    context.opened(this)
  }

  isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  send(bytes: Buffer, failed: Failed): void {
    const webSocket = this.#webSocket
    if (!this.isOpen()) {
      failLater(failed, 'flow-closed')
      return
    }
    if (webSocket.bufferedAmount + bytes.length > this.#context.limits.queueBytes) {
      failLater(failed, 'slow-consumer')
      this.#cut('slow-consumer')
      return
    }
    // A browser closes a connection whose text frames are not UTF-8; bodies may be anything.
    webSocket.send(bytes, { binary: !isUtf8(bytes) }, cause => {
      if (cause !== null && cause !== undefined) failed(codeOf(cause))
    })
  }

  close(): void {
    this.#close(closeCodes.normal)
  }

  shutDown(): void {
    this.#close(closeCodes.restart)
  }

  #listen(): void {
    const webSocket = this.#webSocket
    webSocket.on('message', (data: Buffer) => this.#take(data))
    webSocket.on('pong', () => (this.#answered = true))
    // Each ping is answered by the library, also to a peer that never reads.
    webSocket.on('ping', () => {
      if (webSocket.bufferedAmount > this.#context.limits.queueBytes) this.#cut('slow-consumer')
    })
    webSocket.on('error', cause => this.#log('transport.ws-fault', codeOf(cause)))
    webSocket.once('close', () => this.#gone())
  }

  #take(data: Buffer): void {
    if (data.length <= 4 && data.equals(ping.subarray(0, data.length))) {
      if (data.length === ping.length) this.send(pong, () => undefined)
      return
    }
    this.#cancelDeadline()
    this.#context.receive({ kind: 'message', bytes: data, source: this.source })
  }

  #ping(): void {
    if (!this.#answered) {
      this.#cut('no-pong')
      return
    }
    this.#answered = false
    this.#webSocket.ping()
    this.#cancelPing = this.#context.clock.after(this.#context.ws.pingMs, () => this.#ping())
  }

  /** The close frame goes out, and the connection ends whether the peer answers or not. */
  #close(code: number): void {
    this.#webSocket.close(code)
    this.#socket.destroySoon()
  }

  #cut(reason: string): void {
    this.#log('transport.cut', reason)
    if (reason === 'slow-consumer') this.#webSocket.close(closeCodes.tryLater)
    this.#webSocket.terminate()
  }

  #log(event: string, reason: string): void {
    const { transport, address, port, listener } = this.source
    this.#context.log.info(event, { transport, address, port, listener, reason })
  }

  #gone(): void {
    this.#cancelDeadline()
    this.#cancelPing()
    this.#context.closed(this)
  }
}

const ping = Buffer.from('\r\n\r\n')
const pong = Buffer.from('\r\n')
const closeCodes = { normal: 1000, restart: 1012, tryLater: 1013 } as const
