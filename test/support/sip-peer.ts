import { randomBytes } from 'node:crypto'
import type { Engine, EngineEvent, RequestParts, ResponseParts, Sent } from '../../engine/api.ts'
import { createEngine } from '../../engine/engine.ts'
import type { Transports } from '../../engine/transport/transport.ts'
import { createTransports } from '../../engine/transport/transports.ts'
import { silentLog } from '../../runtime/log.ts'
import { ManualClock } from './manual-clock.ts'
import { Mailbox } from './mailbox.ts'
import { WsClientTransports } from './ws-client-transports.ts'

type Event<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { kind: Kind }>

/** A far end of a call: a carrier, a media server or a browser, on an engine of its own. Its clock stands still. */
export class SipPeer {
  readonly engine: Engine
  readonly events = new Mailbox<EngineEvent>()

  private constructor(transports: Transports) {
    this.engine = createEngine({
      transports,
      clock: new ManualClock(),
      random: bytes => randomBytes(bytes).toString('hex'),
      log: silentLog,
    })
    this.engine.onEvent(event => this.events.put(event))
  }

  /** One on UDP; by default at a free port. */
  static async udp(port = 0): Promise<SipPeer> {
    const listeners = [{ name: 'peer', transport: 'udp', host: '127.0.0.1', port }] as const
    const peer = new SipPeer(createTransports({ listeners, log: silentLog }))
    await peer.engine.start()
    return peer
  }

  /** A browser that has connected to `url`. */
  static async ws(
    url: string,
    options: { readonly origin?: string; readonly ca?: string } = {},
  ): Promise<SipPeer> {
    const peer = new SipPeer(new WsClientTransports(url, options))
    await peer.engine.start()
    return peer
  }

  get port(): number {
    return this.engine.listeners()[0]?.bound.port ?? 0
  }

  next<Kind extends EngineEvent['kind']>(kind: Kind): Promise<Event<Kind>> {
    return this.events.next(kind)
  }

  /** The next request, which must be of that method. */
  async asked(method: string): Promise<Event<'request'>> {
    const event = await this.next('request')
    if (event.request.method !== method) throw new Error(`${event.request.method} came instead of ${method}`)
    return event
  }

  /** The next response, which must have that status; a 100 is passed over unless it is meant. */
  async answered(status: number): Promise<Event<'response'>> {
    const event = await this.next('response')
    if (event.response.status === 100 && status !== 100) return await this.answered(status)
    if (event.response.status !== status)
      throw new Error(`${event.response.status} came instead of ${status}`)
    return event
  }

  send(parts: RequestParts): Sent {
    const done = this.engine.request(parts)
    if (!done.ok) throw new Error(`${parts.method} was refused: ${done.refusal}`)
    return done
  }

  answer({ transaction }: Event<'request'>, parts: ResponseParts): void {
    const done = this.engine.respond(transaction, parts)
    if (!done.ok) throw new Error(`${parts.status} was refused: ${done.refusal}`)
  }

  ack(dialog: string | undefined): void {
    const done = this.engine.ack(dialog ?? '')
    if (!done.ok) throw new Error(`ACK was refused: ${done.refusal}`)
  }

  stop(): Promise<void> {
    return this.engine.stop()
  }
}
