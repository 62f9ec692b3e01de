import type { Source } from '../../../engine/api.ts'
import { writeHostPort } from '../../../engine/message/host.ts'
import { WebSocket, type RawData } from 'ws'

/** What a leg needs from the relay. */
export interface RelayLegOptions {
  readonly source: AgentSource
  readonly upstream: { readonly host: string; readonly port: number }
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

/** An agent's side. Address and port are empty and 0 until the agent has spoken: another door may hold its connection. */
export type AgentSource = Source & { readonly flow: string }

/** The loopback connection that stands for one agent. */
export class RelayLeg {
  source: AgentSource
  /** The server's own `SIP/2.0/WS host:port`, as its last request had it. */
  sentBy: string | undefined
  /** Empty, and 0, until the connection is open. */
  localAddress = ''
  localPort = 0
  readonly #socket: WebSocket
  readonly #waiting: Buffer[] = []
  readonly #whenOpen: ((port: number | undefined) => void)[] = []
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

  /** Calls back once, at once if it can, with the local port of the open connection; undefined when there will be none. */
  whenOpen(then: (port: number | undefined) => void): void {
    if (this.#socket.readyState === WebSocket.CONNECTING && !this.#closed) this.#whenOpen.push(then)
    else then(this.#socket.readyState === WebSocket.OPEN ? this.localPort : undefined)
  }

  close(): void {
    this.#closed = true
    this.#socket.terminate()
    for (const then of this.#whenOpen.splice(0)) then(undefined)
  }

  #open(): void {
    this.#options.opened(this)
    for (const message of this.#waiting.splice(0)) this.#socket.send(message, { binary: false })
    for (const then of this.#whenOpen.splice(0)) then(this.localPort)
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
