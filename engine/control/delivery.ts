import type { EngineEvent } from '../api.ts'
import { contactUri } from '../message/accessors.ts'
import type { Outgoing } from './book.ts'
import { refusalReason } from './cdr.ts'
import { hangUpLater } from './flow-policy.ts'
import { deliveryLeader, newRequestLeader } from './leader.ts'
import { ownerOf, tellEnd } from './owners.ts'
import { listenerOf } from './paths.ts'
import { telling } from './replies.ts'
import type { Traffic } from './traffic.ts'

type Event<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { kind: Kind }>

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
      return loseFlow(traffic, event.flow)
  }
}

function deliverRequest(traffic: Traffic, event: Event<'request'>): void {
  const { engine, book, clock, cdrs } = traffic
  const { request, source, transaction, dialog } = event
  book.flows.seen(source)
  if (request.method === 'INVITE' && dialog === undefined) cdrs.attempt('network', request)
  if (request.method === 'BYE' && dialog !== undefined) cdrs.stop('network', request, 'normal-release')
  const app = dialog === undefined ? book.routes.next(request.method) : ownerOf(traffic, dialog, request)
  if (app === undefined) {
    engine.respond(transaction, { status: 503 })
    return
  }
  if (dialog !== undefined && request.method === 'BYE') book.dialogs.end(dialog)
  else if (dialog !== undefined) book.dialogs.own(dialog, app, { flow: source.flow })
  book.incoming.set(transaction, { app, request, source, dialog, waitingSince: clock.now() })
  const told = { transaction, ...telling(clock, request, source) }
  if (dialog !== undefined) return app.send(deliveryLeader({ from: 'network', dialog, ...told }), told.text)
  const local = listenerOf(engine.listeners(), source)?.bound
  app.send(newRequestLeader({ local, flow: source.flow, ...told }), told.text)
}

function deliverResponse(traffic: Traffic, event: Event<'response'>): void {
  const { book } = traffic
  const proxying = book.forwarded.get(event.transaction)
  if (proxying !== undefined) return proxying.hear(event)
  const outgoing = book.outgoing.get(event.transaction)
  if (outgoing === undefined) return
  const { method } = outgoing.request
  const isFinal = event.response.status >= 200
  if (isFinal) book.outgoing.delete(event.transaction)
  if (isFinal && method === 'INVITE' && !outgoing.isInside) record(traffic, event)
  if (!outgoing.app.alive) return abandon(traffic, event)
  followDialog(traffic, outgoing, event)
  const opensDialog = method === 'INVITE' || method === 'SUBSCRIBE'
  const told = telling(traffic.clock, event.response, event.source)
  const leader = deliveryLeader({
    ...told,
    from: 'network',
    transaction: event.transaction,
    dialog: event.dialog ?? (opensDialog ? outgoing.dialog : undefined),
  })
  outgoing.app.send(leader, told.text)
}

function record({ cdrs }: Traffic, { response }: Event<'response'>): void {
  if (response.status < 300) cdrs.start('network', response, 'uac')
  else cdrs.stop('network', response, refusalReason(response.status))
}

function followDialog({ book }: Traffic, outgoing: Outgoing, event: Event<'response'>): void {
  const { app, dialog, face, request } = outgoing
  const { status } = event.response
  if (event.dialog !== undefined && status < 300) {
    const flow = event.source?.flow
    return book.dialogs.own(event.dialog, app, { face, flow, contact: contactUri(event.response) })
  }
  // RFC 3261 §12.2.1.2: 481 and 408 end the dialog as BYE does.
  if (status === 481 || status === 408 || (request.method === 'BYE' && status >= 200))
    book.dialogs.end(dialog)
}

/** Nobody is left to acknowledge a 2xx: the far end must not be left with half a call. */
function abandon({ engine }: Traffic, { dialog, response }: Event<'response'>): void {
  if (dialog === undefined || response.status < 200 || response.status >= 300) return
  engine.ack(dialog)
  engine.request({ method: 'BYE', dialog })
}

function deliverCancel(traffic: Traffic, { transaction, request, source }: Event<'cancel'>): void {
  const { book, clock, cdrs } = traffic
  cdrs.stop('network', request, 'call-canceled')
  const proxying = book.proxied.get(transaction)
  if (proxying !== undefined) return proxying.callerCancelled()
  const app = book.incoming.get(transaction)?.app
  book.incoming.delete(transaction)
  if (app === undefined) return
  const told = telling(clock, request, source)
  app.send(deliveryLeader({ from: 'network', transaction, dialog: undefined, ...told }), told.text)
}

function deliverAck(traffic: Traffic, { transaction, dialog, request, source }: Event<'ack'>): void {
  const app = ownerOf(traffic, dialog, request)
  if (app === undefined) return
  const told = telling(traffic.clock, request, source)
  app.send(deliveryLeader({ from: 'network', transaction, dialog, ...told }), told.text)
}

function deliverEnd(traffic: Traffic, { dialog, reason, request }: Event<'dialog-ended'>): void {
  const { book, log, cdrs } = traffic
  const app = ownerOf(traffic, dialog, request)
  book.dialogs.end(dialog)
  log.info('control.dialog-ended', { dialog, reason, app: app?.name })
  const isExpired = reason === 'session-expired'
  cdrs.stop('application', request, isExpired ? reason : 'system-initiated-termination')
  if (app !== undefined) tellEnd(traffic, app, dialog, request)
}

function loseFlow(traffic: Traffic, flow: string): void {
  const { book } = traffic
  book.flows.closed(flow)
  book.contacts.forget(flow)
  hangUpLater(traffic, flow)
}
