import type { Source } from '../../../engine/api.ts'
import { writeHostPort } from '../../../engine/message/host.ts'
import { WebSocket, type RawData } from 'ws'

/** What a leg needs from the relay. */
export interface RelayLegOptions {
  /** The agent's side. */
  readonly source: Source
  readonly upstream: { readonly host: string; readonly port: number }
  /** Makes the flow's name unique: ports are used again, flows are not. */
  readonly number: number
  readonly limits: {
    readonly waitingBytes: number
    readonly connectMs: number
    readonly messageBytes: number
  }
  readonly opened: (leg: RelayLeg) => void
  readonly receive: (leg: RelayLeg, message: Buffer) => void
  /** The server's side is gone, or never came; not called after `close`. */
  readonly ended: (why: string) => void
}

/** The loopback connection that stands for one agent. */
export class RelayLeg {
  readonly source: Source
  /** The server's own `SIP/2.0/WS host:port`, as its last request had it. */
  sentBy: string | undefined
  /** Empty, and 0, until the connection is open. */
  localAddress = ''
  localPort = 0
  /** The agent's connection as the call logic knows it; undefined until the connection is open. */
  flow: string | undefined
  readonly #socket: WebSocket
  readonly #waiting: Buffer[] = []
  readonly #options: RelayLegOptions
  #waitingBytes = 0
  #closed = false

  constructor(options: RelayLegOptions) {
    this.source = options.source
    this.#options = options
    this.#socket = new WebSocket(`ws://${writeHostPort(options.upstream)}/sip`, 'sip', {
      perMessageDeflate: false,
      handshakeTimeout: options.limits.connectMs,
      maxPayload: options.limits.messageBytes,
    })
    this.#socket.on('upgrade', response => {
      this.localAddress = response.socket.localAddress ?? ''
      this.localPort = response.socket.localPort ?? 0
      this.flow = `127.0.0.1:${this.localPort}/${options.number}`
    })
    this.#socket.on('open', () => this.#open())
    this.#socket.on('message', data => options.receive(this, bytesOf(data)))
    this.#socket.on('error', cause => this.#end(cause.message))
    this.#socket.on('close', () => this.#end('closed'))
  }

  send(message: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(message, { binary: false })
      if (this.#socket.bufferedAmount > this.#options.limits.waitingBytes) this.#end('does not read')
      return
    }
    if (this.#socket.readyState !== WebSocket.CONNECTING) return
    this.#waitingBytes += message.length
    if (this.#waitingBytes > this.#options.limits.waitingBytes) return this.#end('too much waits')
    this.#waiting.push(message)
  }

  close(): void {
    this.#closed = true
    this.#socket.terminate()
  }

  #open(): void {
    this.#options.opened(this)
    for (const message of this.#waiting.splice(0)) this.#socket.send(message, { binary: false })
  }

  #end(why: string): void {
    if (this.#closed) return
    this.close()
    this.#options.ended(why)
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
