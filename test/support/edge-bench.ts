import { randomBytes } from 'node:crypto'
import type { ListenerAddress, Transport } from '../../engine/api.ts'
import { createEngine } from '../../engine/engine.ts'
import { startEngineProcess } from '../../engine/main.ts'
import { createTransports } from '../../engine/transport/transports.ts'
import type { ListenerOptions } from '../../engine/transport/transport.ts'
import { createDirectEdge } from '../../proxy/edge/direct/direct-edge.ts'
import { createDrachtioEdge } from '../../proxy/edge/drachtio/drachtio-edge.ts'
import type { EdgeEvent, RequestOrder, SipEdge } from '../../proxy/ports.ts'
import { silentLog } from '../../runtime/log.ts'
import { Mailbox } from './mailbox.ts'
import { ManualClock } from './manual-clock.ts'

type Event<Kind extends EdgeEvent['kind']> = Extract<EdgeEvent, { kind: Kind }>

/** What agents are told instead of any real address. */
export const face = { host: 'door.example.com', port: 8443 }

/** A started edge of either kind, with its faces and a clock that a test moves. */
export class EdgeBench {
  readonly edge: SipEdge
  readonly clock: ManualClock
  readonly events = new Mailbox<EdgeEvent>()
  /** Where browsers connect. */
  agentsUrl = ''
  #ports: readonly ListenerAddress[] = []
  #stopRest: () => Promise<void>
  #inReceive = false
  #count = 0

  constructor(edge: SipEdge, clock: ManualClock, stopRest: () => Promise<void> = () => Promise.resolve()) {
    this.edge = edge
    this.clock = clock
    this.#stopRest = stopRest
  }

  /** Starts the edge; `listeners` is read once it has started. */
  async start(listeners: () => readonly ListenerAddress[]): Promise<this> {
    await this.edge.start(event => {
      if (this.#inReceive) throw new Error('an event came while another one was handled')
      this.#inReceive = true
      this.events.put(event)
      this.#inReceive = false
    })
    this.#ports = listeners()
    this.agentsUrl = `ws://127.0.0.1:${this.port('agents')}/sip`
    return this
  }

  port(name: string): number {
    return this.#ports.find(listener => listener.name === name)?.bound.port ?? 0
  }

  async stop(): Promise<void> {
    await this.edge.stop()
    await this.#stopRest()
  }

  next<Kind extends EdgeEvent['kind']>(kind: Kind): Promise<Event<Kind>> {
    return this.events.next(kind)
  }

  /** The next request, which must be of that method. */
  async asked(method: string): Promise<Event<'request'>> {
    const event = await this.next('request')
    if (event.request.method !== method) throw new Error(`${event.request.method} came instead of ${method}`)
    return event
  }

  /** The next response, which must be to that order and have that status. */
  async answered(transaction: string, status: number): Promise<Event<'response'>> {
    const event = await this.next('response')
    if (event.transaction !== transaction || event.response.status !== status) {
      throw new Error(
        `${event.response.status} to ${event.transaction} came instead of ${status} to ${transaction}`,
      )
    }
    return event
  }

  /** Gives an order and returns its id. */
  send(order: Omit<RequestOrder, 'transaction'>): string {
    const transaction = `o${(this.#count += 1)}`
    this.edge.request({ transaction, ...order })
    return transaction
  }
}

const sides = { inside: 'inside', trunk: 'trunk' }

function listener(name: string, transport: Transport): ListenerOptions {
  return { name, transport, host: '127.0.0.1', port: 0 }
}

/** The edge on an engine in this process. */
export async function directBench(): Promise<EdgeBench> {
  const clock = new ManualClock()
  const engine = createEngine({
    transports: createTransports({
      listeners: [
        listener('trunk', 'udp'),
        listener('inside', 'udp'),
        { ...listener('agents', 'ws'), advertise: face },
      ],
      ws: { allowMissingOrigin: true },
      clock,
      log: silentLog,
    }),
    clock,
    random: bytes => randomBytes(bytes).toString('hex'),
    log: silentLog,
  })
  const edge = createDirectEdge({ engine, listeners: sides, log: silentLog })
  return await new EdgeBench(edge, clock).start(() => engine.listeners())
}

/** The edge on drachtio-srf, over an engine with a control port. */
export async function drachtioBench(): Promise<EdgeBench> {
  const clock = new ManualClock()
  const server = await startEngineProcess({
    listeners: [listener('trunk', 'udp'), listener('inside', 'udp'), listener('loopback', 'ws')],
    ws: { allowMissingOrigin: true },
    control: { host: '127.0.0.1', port: 0, secret: 'cymru' },
    clock,
    log: silentLog,
  })
  const transports = createTransports({
    listeners: [{ ...listener('agents', 'ws'), advertise: face }],
    ws: { allowMissingOrigin: true },
    clock,
    log: silentLog,
  })
  const faceOf = (side: string): { host: string; port: number } => ({
    host: '127.0.0.1',
    port: server.listeners.find(({ name }) => name === side)?.bound.port ?? 0,
  })
  const edge = createDrachtioEdge({
    ...server.control,
    secret: 'cymru',
    agents: { transports, face },
    faces: { inside: faceOf('inside'), trunk: faceOf('trunk') },
    clock,
    log: silentLog,
    deadlineMs: 2000,
  })
  const bench = new EdgeBench(edge, clock, () => server.stop())
  return await bench.start(() => [...server.listeners, ...transports.listeners()])
}
