import { randomUUID } from 'node:crypto'
import type { ListenerAddress, RequestParts, Sent } from '../api.ts'
import { callId, cseq, fromTag } from '../message/accessors.ts'
import { request as buildRequest } from '../message/build.ts'
import type { SipMessage, SipRequest } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import type { App } from './book.ts'
import type { Traffic } from './delivery.ts'
import {
  cancelHeaders,
  inDialogHeaders,
  newRequestHeaders,
  responseHeaders,
  withContentType,
} from './headers.ts'
import {
  replyLeader,
  requestSentLeader,
  responseSentLeader,
  timeOfDay,
  type Place,
  type SipMessageOfApp,
} from './leader.ts'
import { chooseListener, hopOf, isOwnAddress, nextHopUri } from './listeners.ts'
import { ackNotNeeded, cancelRefusal, requestRefusal, responseRefusal } from './refusals.ts'
import { parseSipOrder, printable, type SipOrder } from './sip-order.ts'

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
  if (order.status >= 200) book.incoming.delete(transaction)
  if (done.dialog !== undefined && incoming.method !== 'BYE') book.dialogs.own(done.dialog, app, face)
  const echo = {
    ...echoOf(traffic, message.id, done.response, incoming.source),
    transaction,
    dialog: done.dialog,
  }
  app.send(responseSentLeader(echo), echo.text)
}

function acknowledge(traffic: Traffic, app: App, message: SipMessageOfApp, order: RequestOrder): void {
  if (message.dialog === undefined) return refuse(app, message.id, 'NOK', ackNotNeeded)
  const done = traffic.engine.ack(message.dialog, {
    headers: withContentType(
      inDialogHeaders(order.headers, traffic.book.dialogs.face(message.dialog)),
      order.body,
    ),
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
  const { engine, book } = traffic
  const flow = flowTo(traffic, message.nextHop)
  const face = flow ? listenerOf(engine.listeners(), flow) : book.dialogs.face(dialog)
  const done = engine.request({
    method: order.method,
    dialog,
    ...(flow !== undefined && { flow: flow.id }),
    headers: withContentType(inDialogHeaders(order.headers, face), order.body),
    body: order.body,
  })
  if (!done.ok) return refuse(app, message.id, 'NOK', requestRefusal(done.refusal, order.uri))
  book.dialogs.own(dialog, app, face)
  book.outgoing.set(done.transaction, { app, request: done.request, via: done.via, dialog, face })
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
  traffic.book.outgoing.set(transaction, {
    app,
    request,
    via,
    dialog: dialogToBe(request),
    face: path.listener,
  })
  echoRequest(traffic, app, message.id, done)
}

interface Path {
  readonly listener: ListenerAddress
  readonly parts: Pick<RequestParts, 'flow' | 'nextHop' | 'listener'>
}

/** Which way a new request leaves; a text says why it cannot. */
function pathOf(traffic: Traffic, nextHop: string | undefined, uri: string): Path | string {
  const listeners = traffic.engine.listeners()
  const target = nextHop === undefined ? uri : nextHopUri(nextHop)
  const hop = hopOf(target)
  if (hop === undefined) return requestRefusal('invalid-uri', target)
  if (hop === 'no-such-transport') return requestRefusal('no-listener', target)
  const flow = flowTo(traffic, target)
  const flowListener = flow && listenerOf(listeners, flow)
  if (flow !== undefined && flowListener !== undefined)
    return { listener: flowListener, parts: { flow: flow.id } }
  const listener = chooseListener(listeners, hop.transport, hop.host)
  if (listener === undefined) return requestRefusal('no-listener', target)
  if (isOwnAddress(listeners, hop)) return 'can not send request to myself'
  return { listener, parts: { listener: listener.name, ...(nextHop !== undefined && { nextHop: target }) } }
}

function flowTo({ book }: Traffic, target: string | undefined): ReturnType<typeof book.flows.at> {
  const hop = target === undefined ? undefined : hopOf(nextHopUri(target))
  if (hop === undefined || hop === 'no-such-transport' || hop.transport === 'udp') return undefined
  return book.flows.at(hop.host, hop.port)
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
  const echo = echoOf(traffic, message.id, cancelOf(outgoing.request, headers), outgoing.via)
  app.send(requestSentLeader({ ...echo, transaction }), echo.text)
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
  const echo = echoOf(traffic, to, sent.request, sent.via)
  app.send(requestSentLeader({ ...echo, transaction: sent.transaction }), echo.text)
}

function echoOf(traffic: Traffic, to: string, message: SipMessage, place: Place) {
  const text = writeMessage(message)
  return { id: randomUUID(), to, bytes: text.length, place, time: timeOfDay(traffic.clock.wall()), text }
}

function refuse(app: App, to: string, status: 'NO' | 'NOK', reason: string): void {
  app.send(replyLeader(randomUUID(), to, status, printable(reason)))
}

function dialogToBe(request: SipRequest): string {
  return `${callId(request)};from-tag=${fromTag(request) ?? ''}`
}

function listenerOf(
  listeners: readonly ListenerAddress[],
  place: { readonly listener: string; readonly transport: string },
): ListenerAddress | undefined {
  return listeners.find(({ name, transport }) => name === place.listener && transport === place.transport)
}
