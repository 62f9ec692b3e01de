import type { ListenerAddress, Source } from '../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../engine/transport/transport.ts'
import type { Line } from '../load/line.ts'
import { answersTo } from '../load/memory-far-end.ts'

/** Transports without sockets: agents at one end, a media server that answers everything at the other. */
export class MemoryTransports implements Transports {
  readonly #lines = new Map<string, (text: string) => void>()
  #receive: (event: TransportEvent) => void = () => undefined

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    this.#receive = receive
  }

  async stop(): Promise<void> {
    this.#lines.clear()
  }

  /** An agent's connection of that name. */
  line(flow: string, received: (text: string) => void): Line {
    this.#lines.set(flow, received)
    const source: Source = { transport: 'wss', address: '127.0.2.1', port: 40_000, flow, listener: 'public' }
    return { send: text => this.#deliver(text, source), close: () => this.#lines.delete(flow) }
  }

  listeners(): readonly ListenerAddress[] {
    return [publicListener, insideListener]
  }

  route(target: Target): ListenerAddress | undefined {
    if ('flow' in target) return this.#lines.has(target.flow) ? publicListener : undefined
    return target.transport === 'udp' ? insideListener : undefined
  }

  send(bytes: Buffer, target: Target): void {
    const text = bytes.toString()
    if ('flow' in target) {
      setImmediate(() => this.#lines.get(target.flow)?.(text))
      return
    }
    for (const answer of answersTo(text)) this.#deliver(answer, farEnd)
  }

  closeFlow(flow: string): void {
    this.#lines.delete(flow)
  }

  /** Never from within the call that caused it, as a socket would not either. */
  #deliver(text: string, source: Source): void {
    setImmediate(() => this.#receive({ kind: 'message', bytes: Buffer.from(text), source }))
  }
}

const publicListener: ListenerAddress = {
  name: 'public',
  transport: 'wss',
  bound: { host: '127.0.0.1', port: 8443 },
  advertised: { host: 'portico.local', port: 8443 },
}
const insideListener: ListenerAddress = {
  name: 'inside',
  transport: 'udp',
  bound: { host: '127.0.0.1', port: 5070 },
  advertised: { host: '127.0.0.1', port: 5070 },
}
const farEnd: Source = { transport: 'udp', address: '127.0.1.1', port: 5060, listener: 'inside' }
