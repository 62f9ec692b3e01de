import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import type { ListenerAddress, Source } from '../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../engine/transport/transport.ts'
import { PorticoError } from '../../runtime/errors.ts'

export interface WsClientOptions {
  /** `wss://host:port/path`. */
  readonly url: string
  readonly origin: string
  /** PEM of the certificate to trust beside the usual ones. */
  readonly ca?: string
  /** How long the connection may take to open. */
  readonly connectMs: number
}

/** The transports of a SIP user agent behind one WebSocket, as a browser has them (RFC 7118 §5). */
export class WsClient implements Transports {
  readonly #options: WsClientOptions
  readonly #address: ListenerAddress
  #socket: WebSocket | undefined
  #receive: (event: TransportEvent) => void = () => undefined

  constructor(options: WsClientOptions) {
    this.#options = options
    // RFC 7118 §5.2.1: a browser does not know its address, so its Via names a host that cannot exist.
    const host = `${randomBytes(6).toString('hex')}.invalid`
    const transport = options.url.startsWith('wss:') ? 'wss' : 'ws'
    const end = { host, port: 5060 }
    this.#address = { name: 'agent', transport, bound: end, advertised: end }
  }

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    this.#receive = receive
    await this.#open(this.#options.url)
  }

  /** Cuts the connection without a word and opens another one, as a phone does that has changed its network. */
  async reopen(url: string): Promise<void> {
    this.#socket?.removeAllListeners('close').terminate()
    await this.#open(url)
  }

  async #open(url: string): Promise<void> {
    const { origin, ca, connectMs } = this.#options
    const socket = new WebSocket(url, 'sip', {
      origin,
      handshakeTimeout: connectMs,
      perMessageDeflate: false,
      ...(ca !== undefined && { ca }),
    })
    this.#socket = socket
    const { hostname, port } = new URL(url)
    const source: Source = {
      transport: this.#address.transport,
      address: hostname,
      port: Number(port),
      flow: 'the-one',
      listener: 'agent',
    }
    socket.on('message', (data: Buffer) => {
      if (data.length > 4) this.#receive({ kind: 'message', bytes: data, source })
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.on('error', cause => reject(new PorticoError('E_LISTEN', `${url}: ${cause.message}`, { cause })))
    })
    socket.on('close', () => this.#receive({ kind: 'flow-closed', flow: 'the-one' }))
  }

  async stop(): Promise<void> {
    this.#socket?.terminate()
  }

  listeners(): readonly ListenerAddress[] {
    return [this.#address]
  }

  route(_target: Target): ListenerAddress {
    return this.#address
  }

  send(bytes: Buffer, _target: Target, failed: (reason: string) => void): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return failed('the WebSocket is closed')
    this.#socket.send(bytes, { binary: false }, cause => {
      if (cause) failed(cause.message)
    })
  }

  closeFlow(): void {
    this.#socket?.close()
  }
}
