import type { Log } from '../../../runtime/log.ts'
import type { Engine, EngineEvent } from '../../../engine/api.ts'
import { rackFor } from '../../../engine/message/rack.ts'
import type { Body, EdgeEvent, RequestOrder, ResponseOrder, SipEdge } from '../../ports.ts'
import { Inbox } from '../inbox.ts'
import { localResponse, parts } from '../order-parts.ts'
import { createBook, type Book } from './book.ts'
import { told, type Faces } from './events.ts'

/** What `createDirectEdge` needs. The edge starts and stops the engine and takes its events. */
export interface DirectEdgeOptions {
  readonly engine: Engine
  /** Which listeners are our faces towards media servers and carriers. */
  readonly listeners: Faces
  readonly log: Log
}

/** A `SipEdge` on an engine in this process. */
export function createDirectEdge(options: DirectEdgeOptions): SipEdge {
  return new DirectEdge(options)
}

class DirectEdge implements SipEdge {
  readonly #engine: Engine
  readonly #listeners: Faces
  readonly #log: Log
  readonly #inbox: Inbox
  readonly #book: Book = createBook()

  constructor({ engine, listeners, log }: DirectEdgeOptions) {
    this.#engine = engine
    this.#listeners = listeners
    this.#log = log
    this.#inbox = new Inbox(log)
  }

  async start(receive: (event: EdgeEvent) => void): Promise<void> {
    this.#engine.onEvent(event => {
      if (event.kind === 'response') this.#acknowledgeEarly(event)
      this.#inbox.put(() => told(this.#book, event, this.#listeners))
    })
    await this.#engine.start()
    this.#inbox.open(receive)
  }

  async stop(): Promise<void> {
    this.#inbox.close()
    await this.#engine.stop()
  }

  respond(order: ResponseOrder): void {
    const { transaction, status, reason } = order
    this.#inbox.during(() => {
      const invite = this.#book.invites.get(transaction)
      if (status >= 200) this.#book.invites.delete(transaction)
      const { headers, body } = parts(order)
      const done = this.#engine.respond(transaction, { status, reason, headers, body })
      if (done.ok) return
      this.#log.info('edge.response-refused', { transaction, status, refusal: done.refusal })
      // The far end never heard the 2xx, so the dialog that the call logic now believes in will not exist.
      if (invite === undefined || status < 200 || status >= 300) return
      const { refusal } = done
      this.#inbox.put(() => ({ kind: 'dialog-ended', dialog: invite.dialogToBe, reason: refusal }))
    })
  }

  request(order: RequestOrder): void {
    const { transaction, method, uri, dialog, nextHop, flow, side } = order
    this.#inbox.during(() => {
      const { headers, body } = parts(order)
      const listener = side && this.#listeners[side]
      // Written out: spreads would give the engine objects of many hidden classes.
      const done = this.#engine.request({ method, uri, dialog, nextHop, flow, listener, headers, body })
      if (done.ok) return this.#book.sent(transaction, done.transaction)
      this.#log.info('edge.request-refused', { transaction, method, refusal: done.refusal })
      const response = localResponse(done.refusal === 'unknown-dialog' ? 481 : 503)
      this.#inbox.put(() => ({ kind: 'response', transaction, response, local: true }))
    })
  }

  cancel(transaction: string, reason?: string): void {
    const own = this.#book.engineId(transaction)
    if (own === undefined) return
    this.#inbox.during(() => {
      const done = this.#engine.cancel(own, reason === undefined ? [] : [['Reason', reason]])
      if (!done.ok) this.#log.info('edge.cancel-refused', { transaction, refusal: done.refusal })
    })
  }

  ack(dialog: string, body?: Body): void {
    this.#inbox.during(() => {
      const done = this.#engine.ack(dialog, parts(body === undefined ? {} : { body }))
      if (!done.ok) this.#log.info('edge.ack-refused', { dialog, refusal: done.refusal })
    })
  }

  closeFlow(flow: string): void {
    this.#inbox.during(() => this.#engine.closeFlow(flow))
  }

  /** RFC 3262 §4: a reliable provisional response is acknowledged by PRACK, whose answer tells nobody anything. */
  #acknowledgeEarly({ response, dialog }: Extract<EngineEvent, { kind: 'response' }>): void {
    const rack = rackFor(response)
    if (rack === undefined || dialog === undefined) return
    const done = this.#engine.request({ method: 'PRACK', dialog, headers: [['RAck', rack]] })
    if (!done.ok) this.#log.info('edge.prack-refused', { dialog, refusal: done.refusal })
  }
}
