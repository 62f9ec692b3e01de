import { randomUUID } from 'node:crypto'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Engine, EngineEvent } from '../api.ts'
import { writeMessage } from '../message/write.ts'
import type { App, Book, Outgoing } from './book.ts'
import { deliveryLeader, newRequestLeader, timeOfDay } from './leader.ts'

type Event<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { kind: Kind }>

/** What the traffic between engine and applications needs. */
export interface Traffic {
  readonly engine: Engine
  readonly book: Book
  readonly clock: Clock
  readonly log: Log
}

/** Hands an event of the engine to the application that it concerns. */
export function deliver(traffic: Traffic, event: EngineEvent): void {
  switch (event.kind) {
    case 'request':
      return deliverRequest(traffic, event)
    case 'response':
      return deliverResponse(traffic, event)
    case 'cancel':
      return deliverCancel(traffic, event)
    case 'ack':
      return deliverAck(traffic, event)
    case 'dialog-ended':
      return deliverEnd(traffic, event)
    case 'flow-closed':
      return traffic.book.flows.closed(event.flow)
  }
}

function deliverRequest(traffic: Traffic, event: Event<'request'>): void {
  const { engine, book, clock } = traffic
  const { request, source, transaction, dialog } = event
  book.flows.seen(source)
  const app = appFor(book, request.method, dialog)
  if (app === undefined) {
    engine.respond(transaction, { status: 503 })
    return
  }
  if (dialog !== undefined) {
    // The application may have come back on a new connection: its dialogs follow it.
    if (request.method === 'BYE') book.dialogs.end(dialog)
    else book.dialogs.own(dialog, app)
  }
  book.incoming.set(transaction, { app, method: request.method, source, waitingSince: clock.now() })
  const message = writeMessage(request)
  const told = {
    id: randomUUID(),
    bytes: message.length,
    place: source,
    time: timeOfDay(clock.wall()),
    transaction,
  }
  if (dialog !== undefined) return app.send(deliveryLeader({ ...told, from: 'network', dialog }), message)
  const local = engine
    .listeners()
    .find(({ name, transport }) => name === source.listener && transport === source.transport)?.bound
  app.send(newRequestLeader({ ...told, local, flow: source.flow }), message)
}

function appFor(book: Book, method: string, dialog: string | undefined): App | undefined {
  const owner = dialog === undefined ? undefined : book.dialogs.owner(dialog)
  return owner ?? book.routes.next(method)
}

function deliverResponse(traffic: Traffic, event: Event<'response'>): void {
  const { book } = traffic
  const outgoing = book.outgoing.get(event.transaction)
  if (outgoing === undefined) return
  const { method } = outgoing.request
  const isFinal = event.response.status >= 200
  if (isFinal) book.outgoing.delete(event.transaction)
  if (!outgoing.app.alive) return abandon(traffic, event)
  followDialog(book, outgoing, event)
  const opensDialog = method === 'INVITE' || method === 'SUBSCRIBE'
  const message = writeMessage(event.response)
  const leader = deliveryLeader({
    id: randomUUID(),
    from: 'network',
    bytes: message.length,
    place: event.source,
    time: timeOfDay(traffic.clock.wall()),
    transaction: event.transaction,
    dialog: event.dialog ?? (opensDialog ? outgoing.dialog : undefined),
  })
  outgoing.app.send(leader, message)
}

function followDialog(book: Book, { app, dialog, face, request }: Outgoing, event: Event<'response'>): void {
  const { status } = event.response
  if (event.dialog !== undefined && status < 300) book.dialogs.own(event.dialog, app, face)
  // RFC 3261 §12.2.1.2: 481 and 408 end the dialog as BYE does.
  else if (status === 481 || status === 408 || (request.method === 'BYE' && status >= 200))
    book.dialogs.end(dialog)
}

/** Nobody is left to acknowledge a 2xx: the far end must not be left with half a call. */
function abandon({ engine }: Traffic, { dialog, response }: Event<'response'>): void {
  if (dialog === undefined || response.status < 200 || response.status >= 300) return
  engine.ack(dialog)
  engine.request({ method: 'BYE', dialog })
}

function deliverCancel(traffic: Traffic, { transaction, request, source }: Event<'cancel'>): void {
  const app = traffic.book.incoming.get(transaction)?.app
  traffic.book.incoming.delete(transaction)
  if (app === undefined) return
  const message = writeMessage(request)
  app.send(
    deliveryLeader({
      id: randomUUID(),
      from: 'network',
      bytes: message.length,
      place: source,
      time: timeOfDay(traffic.clock.wall()),
      transaction,
      dialog: undefined,
    }),
    message,
  )
}

function deliverAck(traffic: Traffic, { transaction, dialog, request, source }: Event<'ack'>): void {
  const app = traffic.book.dialogs.owner(dialog)
  if (app === undefined) return
  const message = writeMessage(request)
  app.send(
    deliveryLeader({
      id: randomUUID(),
      from: 'network',
      bytes: message.length,
      place: source,
      time: timeOfDay(traffic.clock.wall()),
      transaction,
      dialog,
    }),
    message,
  )
}

function deliverEnd(traffic: Traffic, { dialog, reason, request }: Event<'dialog-ended'>): void {
  const app = appFor(traffic.book, request.method, dialog)
  traffic.book.dialogs.end(dialog)
  traffic.log.info('control.dialog-ended', { dialog, reason, app: app?.name })
  if (app === undefined) return
  const message = writeMessage(request)
  app.send(
    deliveryLeader({
      id: randomUUID(),
      from: 'application',
      bytes: message.length,
      place: undefined,
      time: timeOfDay(traffic.clock.wall()),
      transaction: 'unsolicited',
      dialog,
    }),
    message,
  )
}
