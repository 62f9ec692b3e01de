import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ListenerAddress, Source } from '../../engine/api.ts'
import type { TransportEvent, Transports } from '../../engine/transport/transport.ts'

/** The one connection of a browser: everything that an engine sends goes over it. */
export class WsClientTransports implements Transports {
  readonly #url: URL
  readonly #options: { readonly origin?: string; readonly ca?: string }
  #socket: WebSocket | undefined

  constructor(url: string, options: { readonly origin?: string; readonly ca?: string } = {}) {
    this.#url = new URL(url)
    this.#options = options
  }

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    const socket = new WebSocket(this.#url, 'sip', this.#options)
    this.#socket = socket
    socket.on('message', (data: Buffer) => receive({ kind: 'message', bytes: data, source: this.#source() }))
    socket.on('close', () => receive({ kind: 'flow-closed', flow: 'up' }))
    await once(socket, 'open')
  }

  async stop(): Promise<void> {
    if (this.#socket === undefined || this.#socket.readyState === WebSocket.CLOSED) return
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  listeners(): readonly ListenerAddress[] {
    const { transport } = this.#source()
    const bound = { host: '127.0.0.1', port: 80 }
    return [{ name: 'browser', transport, bound, advertised: { host: 'df7jal23ls0d.invalid', port: 80 } }]
  }

  route(): ListenerAddress | undefined {
    return this.listeners()[0]
  }

  send(bytes: Buffer, _target: unknown, failed: (reason: string) => void): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes, { binary: false })
    else setImmediate(failed, 'closed')
  }

  closeFlow(): void {
    this.#socket?.close()
  }

  #source(): Source {
    const transport = this.#url.protocol === 'wss:' ? 'wss' : 'ws'
    return {
      transport,
      address: this.#url.hostname,
      port: Number(this.#url.port),
      flow: 'up',
      listener: 'browser',
    }
  }
}
