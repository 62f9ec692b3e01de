import type { Clock } from '../../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Body, EdgeEvent, RequestOrder, ResponseOrder, SipEdge } from '../../ports.ts'
import { Inbox } from '../inbox.ts'
import { AgentRelay, type RelayOptions, type Upstream } from './agent-relay.ts'
import { answer, loseAnswers, received } from './answers.ts'
import { createBook } from './book.ts'
import type { Desk } from './desk.ts'
import type { Faces } from './events.ts'
import { openLink, type Link } from './link.ts'
import { cancel, loseRequests, place } from './requests.ts'

/** What `createDrachtioEdge` needs. */
export interface DrachtioEdgeOptions {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly agents: RelayOptions
  /** Where the server listens for media servers and carriers. */
  readonly faces: Faces
  readonly clock: Clock
  readonly log: Log
  /** How long the server may take to answer one message of the control protocol. */
  readonly deadlineMs: number
}

/**
 * A `SipEdge` on a drachtio-server. `start` rejects with `E_DRACHTIO_UNREACHABLE`; a connection that is lost later is
 * sought again until `stop`, and orders meanwhile end in a local 503.
 */
export function createDrachtioEdge(options: DrachtioEdgeOptions): SipEdge {
  return new DrachtioEdge(options)
}

const firstRetryMs = 250
const lastRetryMs = 5000

class DrachtioEdge implements SipEdge {
  readonly #options: DrachtioEdgeOptions
  readonly #desk: Desk
  #stopped = false
  #cancelRetry: () => void = () => undefined

  constructor(options: DrachtioEdgeOptions) {
    const { agents, faces, clock, log, deadlineMs } = options
    this.#options = options
    this.#desk = {
      book: createBook(),
      inbox: new Inbox(log),
      relay: new AgentRelay(agents, log),
      faces,
      clock,
      log,
      deadlineMs,
      link: undefined,
    }
  }

  async start(receive: (event: EdgeEvent) => void): Promise<void> {
    const { inbox, relay } = this.#desk
    const link = await this.#open()
    try {
      const upstream = this.#options.agents.upstream ?? wsListener(link.listeners)
      await relay.start(upstream, flow => inbox.put(() => ({ kind: 'flow-closed', flow })))
    } catch (cause) {
      link.close()
      throw cause
    }
    inbox.open(receive)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry()
    this.#desk.inbox.close()
    this.#desk.link?.close()
    this.#desk.link = undefined
    loseRequests(this.#desk)
    await this.#desk.relay.stop()
  }

  respond(order: ResponseOrder): void {
    this.#desk.inbox.during(() => answer(this.#desk, order))
  }

  request(order: RequestOrder): void {
    this.#desk.inbox.during(() => place(this.#desk, order))
  }

  cancel(transaction: string, reason?: string): void {
    this.#desk.inbox.during(() => cancel(this.#desk, transaction, reason ?? ''))
  }

  ack(dialog: string, body?: Body): void {
    const { acks } = this.#desk.book
    const send = acks.get(dialog)
    acks.delete(dialog)
    if (send === undefined) return
    try {
      if (body === undefined) send()
      else send({ headers: { 'Content-Type': body.type }, body: body.content })
    } catch (cause) {
      // drachtio-srf asserts that its socket is open; the loss of the link is told elsewhere.
      this.#desk.log.info('edge.ack-refused', { dialog, refusal: messageOf(cause) })
    }
  }

  closeFlow(flow: string): void {
    this.#desk.inbox.during(() => this.#desk.relay.close(flow))
  }

  async #open(): Promise<Link> {
    const { host, port, secret, clock, deadlineMs, log } = this.#options
    const link = await openLink({
      host,
      port,
      secret,
      clock,
      deadlineMs,
      receive: (req, res) => received(this.#desk, req, res),
      lost: why => this.#lost(why),
    })
    if (this.#stopped) link.close()
    else this.#desk.link = link
    log.info('edge.connected', { host, port, listeners: link.listeners })
    return link
  }

  #lost(why: string): void {
    const { host, port, log } = this.#options
    this.#desk.link = undefined
    if (this.#stopped) return
    log.error('edge.connection-lost', { host, port, why })
    loseRequests(this.#desk)
    loseAnswers(this.#desk)
    this.#retry(firstRetryMs)
  }

  #retry(delayMs: number): void {
    this.#cancelRetry = this.#options.clock.after(delayMs, () => {
      this.#open().catch((cause: unknown) => {
        if (this.#stopped) return
        this.#options.log.warn('edge.unreachable', { cause: messageOf(cause) })
        this.#retry(Math.min(delayMs * 2, lastRetryMs))
      })
    })
  }
}

/** The server's own `ws` listener, in the list that it gave. */
function wsListener(listeners: string): Upstream {
  const found = /(?:^|,)ws\/\[?([^\],/]+)\]?:(\d+)/.exec(listeners)
  if (found?.[1] === undefined) {
    throw new PorticoError(
      'E_DRACHTIO_UNREACHABLE',
      'the drachtio-server has no ws listener for agents: give it a contact such as sip:127.0.0.1:8088;transport=ws',
    )
  }
  return { host: found[1], port: Number(found[2]) }
}
