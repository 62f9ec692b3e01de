import type { Sent } from '../api.ts'
import { contactUri, cseq } from '../message/accessors.ts'
import { request as buildRequest } from '../message/build.ts'
import { dialogToBe } from '../message/dialog-id.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { App, Incoming } from './book.ts'
import { refusalReason } from './cdr.ts'
import {
  cancelHeaders,
  inDialogHeaders,
  newRequestHeaders,
  responseHeaders,
  withContentType,
} from './headers.ts'
import { requestSentLeader, responseSentLeader, type SipMessageOfApp } from './leader.ts'
import { flowTo, listenerOf, pathOf } from './paths.ts'
import { ackNotNeeded, cancelRefusal, requestRefusal, responseRefusal } from './refusals.ts'
import { refuse, telling } from './replies.ts'
import { parseSipOrder, type SipOrder } from './sip-order.ts'
import type { Traffic } from './traffic.ts'

type RequestOrder = Extract<SipOrder, { kind: 'request' }>
type ResponseOrder = Extract<SipOrder, { kind: 'response' }>

/** Carries out a `sip` message of an application and answers it with exactly one reply. */
export function carryOut(traffic: Traffic, app: App, message: SipMessageOfApp): void {
  const order = parseSipOrder(message.text)
  if (order.kind === 'broken') return refuse(app, message.id, 'NO', order.reason)
  if (order.kind === 'response') return respond(traffic, app, message, order)
  if (order.method === 'ACK') return acknowledge(traffic, app, message, order)
  if (message.dialog !== undefined) return requestInDialog(traffic, app, message, order, message.dialog)
  if (message.transaction !== undefined) return cancel(traffic, app, message, order, message.transaction)
  return newRequest(traffic, app, message, order)
}

function respond(traffic: Traffic, app: App, message: SipMessageOfApp, order: ResponseOrder): void {
  const { engine, book } = traffic
  const { transaction } = message
  if (transaction === undefined) return refuse(app, message.id, 'NO', 'transaction id missing')
  const incoming = book.incoming.get(transaction)
  if (incoming?.app !== app) return refuse(app, message.id, 'NOK', responseRefusal('unknown-transaction'))
  const face = listenerOf(engine.listeners(), incoming.source)
  const { headers, tag } = responseHeaders(order.headers, face)
  const done = engine.respond(transaction, {
    status: order.status,
    ...(order.reason !== '' && { reason: order.reason }),
    headers: withContentType(headers, order.body),
    body: order.body,
    ...(tag !== undefined && { tag }),
  })
  if (!done.ok) return refuse(app, message.id, 'NOK', responseRefusal(done.refusal))
  incoming.waitingSince = undefined
  if (order.status >= 200) settle(traffic, transaction, incoming, done.response)
  if (done.dialog !== undefined && incoming.request.method !== 'BYE') {
    const contact = contactUri(incoming.request)
    book.dialogs.own(done.dialog, app, { face, contact, flow: incoming.source.flow })
  }
  const told = { to: message.id, ...telling(traffic.clock, done.response, incoming.source) }
  app.send(responseSentLeader({ transaction, dialog: done.dialog, ...told }), told.text)
}

/** The final response of an application has left. */
function settle(traffic: Traffic, transaction: string, incoming: Incoming, response: SipResponse): void {
  const { book, cdrs, clock } = traffic
  const { request, source, dialog } = incoming
  book.incoming.delete(transaction)
  book.contacts.learn(request, response, source, clock.now())
  if (request.method !== 'INVITE' || dialog !== undefined) return
  if (response.status < 300) cdrs.start('application', response, 'uas')
  else cdrs.stop('application', response, refusalReason(response.status))
}

function acknowledge(traffic: Traffic, app: App, message: SipMessageOfApp, order: RequestOrder): void {
  if (message.dialog === undefined) return refuse(app, message.id, 'NOK', ackNotNeeded)
  const { face } = traffic.book.dialogs.facts(message.dialog)
  const done = traffic.engine.ack(message.dialog, {
    headers: withContentType(inDialogHeaders(order.headers, face), order.body),
    body: order.body,
  })
  if (!done.ok) return refuse(app, message.id, 'NOK', ackNotNeeded)
  echoRequest(traffic, app, message.id, done)
}

function requestInDialog(
  traffic: Traffic,
  app: App,
  message: SipMessageOfApp,
  order: RequestOrder,
  dialog: string,
): void {
  const { engine, book, clock, cdrs } = traffic
  const facts = book.dialogs.facts(dialog)
  // A peer that has registered again, after a change of network, is found where it is now.
  const flow = flowTo(traffic, message.nextHop) ?? book.contacts.at(facts.contact ?? '', clock.now())
  const face = flow ? listenerOf(engine.listeners(), flow) : facts.face
  const done = engine.request({
    method: order.method,
    dialog,
    ...(flow !== undefined && { flow: flow.id }),
    headers: withContentType(inDialogHeaders(order.headers, face), order.body),
    body: order.body,
  })
  if (!done.ok) return refuse(app, message.id, 'NOK', requestRefusal(done.refusal, order.uri))
  book.dialogs.own(dialog, app, { face })
  const { transaction, request, via } = done
  book.outgoing.set(transaction, { app, request, via, dialog, isInside: true, face })
  if (order.method === 'BYE') cdrs.stop('application', request, 'normal-release')
  echoRequest(traffic, app, message.id, done)
}

function newRequest(traffic: Traffic, app: App, message: SipMessageOfApp, order: RequestOrder): void {
  const path = pathOf(traffic, message.nextHop, order.uri)
  if (typeof path === 'string') return refuse(app, message.id, 'NOK', path)
  const headers = newRequestHeaders(order.headers, path.listener)
  const done = traffic.engine.request({
    method: order.method,
    uri: order.uri,
    ...path.parts,
    headers: withContentType(headers, order.body),
    body: order.body,
  })
  if (!done.ok) return refuse(app, message.id, 'NOK', requestRefusal(done.refusal, order.uri))
  const { transaction, request, via } = done
  const dialog = dialogToBe(request)
  traffic.book.outgoing.set(transaction, { app, request, via, dialog, isInside: false, face: path.listener })
  if (order.method === 'INVITE') traffic.cdrs.attempt('application', request)
  echoRequest(traffic, app, message.id, done)
}

function cancel(
  traffic: Traffic,
  app: App,
  message: SipMessageOfApp,
  order: RequestOrder,
  transaction: string,
): void {
  const outgoing = traffic.book.outgoing.get(transaction)
  if (order.method !== 'CANCEL' || outgoing?.app !== app) {
    return refuse(app, message.id, 'NOK', cancelRefusal(transaction))
  }
  const headers = cancelHeaders(order.headers)
  const done = traffic.engine.cancel(transaction, headers)
  if (!done.ok) return refuse(app, message.id, 'NOK', cancelRefusal(transaction))
  const told = telling(traffic.clock, cancelOf(outgoing.request, headers), outgoing.via)
  app.send(requestSentLeader({ to: message.id, transaction, ...told }), told.text)
}

/** The CANCEL of `invite` as RFC 3261 §9.1 defines it. */
function cancelOf(invite: SipRequest, more: SipRequest['headers']['lines']): SipRequest {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'Route'].flatMap(name => {
    const value = invite.headers.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const number = cseq(invite)?.number ?? 0
  return buildRequest('CANCEL', invite.uri, [
    ...copied,
    ['CSeq', `${number} CANCEL`],
    ['Max-Forwards', '70'],
    ...more,
  ])
}

function echoRequest(traffic: Traffic, app: App, to: string, sent: Sent): void {
  const told = telling(traffic.clock, sent.request, sent.via)
  app.send(requestSentLeader({ to, transaction: sent.transaction, ...told }), told.text)
}
