import { callId, fromTag } from '../../../engine/message/accessors.ts'
import { dialogId } from '../../../engine/message/dialog-id.ts'
import type { SipResponse } from '../../../engine/message/message.ts'
import { reliableSeq } from '../../../engine/message/rack.ts'
import { messageOf } from '../../../runtime/errors.ts'
import { parts, localResponse } from '../order-parts.ts'
import type { RequestOrder } from '../../ports.ts'
import { received } from './answers.ts'
import { forget, type Outgoing } from './book.ts'
import { hangUp, warnOfSize, type Desk } from './desk.ts'
import { isLocal, responseOf } from './events.ts'
import { headerRecord, refreshesTarget, withContact } from './headers.ts'
import type { SrfAck, SrfOrder, SrfRequest, SrfResponse } from './srf.ts'

/** RFC 3261 timer F with a margin: the server makes its own 408 after 32 s, but not in every case. */
const finalMs = 40_000
/** RFC 3261 §16.6 timer C with a margin: how long a ringing INVITE may stay silent. */
const ringingMs = 190_000

/** Carries out the order; exactly one final response event follows, whatever the server does. */
export function place(desk: Desk, order: RequestOrder): void {
  const outgoing: Outgoing = { order, req: undefined, cancelWith: undefined, disarm: () => undefined }
  desk.book.outgoing.set(order.transaction, outgoing)
  if (desk.link === undefined) return finish(desk, outgoing, 503)
  arm(desk, outgoing, desk.deadlineMs, 503)
  if (order.flow === undefined) return give(desk, outgoing, order.nextHop)
  desk.relay.nextHop(order.flow, hop =>
    desk.inbox.during(() => (hop === undefined ? finish(desk, outgoing, 503) : give(desk, outgoing, hop))),
  )
}

function give(desk: Desk, outgoing: Outgoing, hop: string | undefined): void {
  if (!isOpen(desk, outgoing)) return
  const { order } = outgoing
  const request = srfOrder(desk, order, hop)
  if (desk.link === undefined || request === undefined) return finish(desk, outgoing, 503)
  warnOfSize(desk, order.method, request.headers, request.body)
  desk.link.request(request, (refusal, req) => {
    if (req === undefined) return refused(desk, outgoing, refusal ?? '')
    sent(desk, outgoing, req)
  })
}

/** Cancels the INVITE now, or as soon as it was sent. */
export function cancel(desk: Desk, transaction: string, reason: string): void {
  const outgoing = desk.book.outgoing.get(transaction)
  if (outgoing?.order.method !== 'INVITE') return
  outgoing.cancelWith = reason
  if (outgoing.req === undefined) return
  // A cancelled INVITE without a final response is dropped by the server without a word.
  arm(desk, outgoing, finalMs, 408)
  sendCancel(desk, outgoing.req, reason)
}

/** The link is gone: nothing that was sent over it will be answered. */
export function loseRequests(desk: Desk): void {
  for (const outgoing of desk.book.outgoing.values()) finish(desk, outgoing, 503)
}

/** The order in the words of drachtio-srf; undefined when it cannot be sent at all. */
function srfOrder(desk: Desk, order: RequestOrder, hop: string | undefined): SrfOrder | undefined {
  const { method, dialog } = order
  const target = targetOf(order, hop)
  const { headers: lines, body } = parts(order)
  const headers = headerRecord(tellsContact(desk, order) ? withContact(lines, desk.relay.contact) : lines)
  if (target === undefined || headers === undefined) return undefined
  return {
    method,
    ...target,
    headers,
    ...(body !== undefined && { body }),
    ...(dialog !== undefined && { stackDialogId: dialog }),
  }
}

/** Request-URI and next hop; undefined when there is none or it would break the leader line apart. */
function targetOf(order: RequestOrder, hop: string | undefined): Pick<SrfOrder, 'uri' | 'proxy'> | undefined {
  const uri = order.dialog === undefined ? order.uri : 'sip:placeholder'
  if (uri === undefined || /[\s|]/.test(`${uri}${hop ?? ''}`)) return undefined
  return { uri, ...(hop !== undefined && { proxy: hop }) }
}

function tellsContact({ book }: Desk, { method, flow, dialog }: RequestOrder): boolean {
  const isForAgent = flow !== undefined || (dialog !== undefined && book.withAgents.has(dialog))
  return isForAgent && refreshesTarget(method)
}

function refused(desk: Desk, outgoing: Outgoing, refusal: string): void {
  const { transaction, method } = outgoing.order
  desk.log.info('edge.request-refused', { transaction, method, refusal })
  finish(desk, outgoing, /unable to find dialog/i.test(refusal) ? 481 : 503)
}

function sent(desk: Desk, outgoing: Outgoing, req: SrfRequest): void {
  outgoing.req = req
  req.on('response', (res, ack) => answered(desk, outgoing, res, ack))
  req.on('update', (update, res) => received(desk, update, res))
  const { method } = outgoing.order
  if (!isOpen(desk, outgoing)) {
    if (method === 'INVITE') sendCancel(desk, req, '')
    return
  }
  arm(desk, outgoing, finalMs, 408)
  if (outgoing.cancelWith !== undefined) sendCancel(desk, req, outgoing.cancelWith)
}

function answered(desk: Desk, outgoing: Outgoing, res: SrfResponse, ack: SrfAck): void {
  const response = responseOf(res)
  const opened = dialogOf(outgoing, res)
  if (isOpen(desk, outgoing) && response !== undefined) {
    if (res.status >= 200) settle(desk, outgoing, res.status)
    else arm(desk, outgoing, outgoing.cancelWith === undefined ? ringingMs : finalMs, 408)
    if (opened !== undefined) keep(desk, outgoing, opened, ack)
    // RFC 3262 §4; drachtio-srf does nothing here when the response is not a reliable one.
    else if (res.status > 100 && res.status < 200) desk.inbox.during(() => ack())
    // RFC 3261 §16.7: a 100 is for the hop that asked, nobody else.
    if (res.status > 100) tell(desk, outgoing, res, response)
    return
  }
  if (opened !== undefined) refuseLate(desk, opened, ack)
  if (res.status >= 200) finish(desk, outgoing, 503)
}

/** The dialog that a provisional response has opened (RFC 3262 §4), as the server names it. */
function earlyDialogOf(response: SipResponse): string | undefined {
  if (reliableSeq(response) === undefined) return undefined
  const uacTag = fromTag(response)
  return uacTag === undefined ? undefined : dialogId(callId(response), uacTag)
}

/** The dialog that a 2xx to an INVITE belongs to. */
function dialogOf({ order }: Outgoing, { status, stackDialogId }: SrfResponse): string | undefined {
  return order.method === 'INVITE' && status >= 200 && status < 300 ? stackDialogId : undefined
}

function settle(desk: Desk, outgoing: Outgoing, status: number): void {
  close(desk, outgoing)
  const { method, dialog } = outgoing.order
  // RFC 3261 §12.2.1.2: 481 and 408 end the dialog as BYE does.
  if (dialog !== undefined && (method === 'BYE' || status === 481 || status === 408))
    forget(desk.book, dialog)
}

function keep({ book }: Desk, { order }: Outgoing, dialog: string, ack: SrfAck): void {
  book.acks.set(dialog, ack)
  if (order.flow !== undefined) book.withAgents.add(dialog)
}

function tell(desk: Desk, outgoing: Outgoing, res: SrfResponse, response: SipResponse): void {
  const dialog = dialogOf(outgoing, res) ?? earlyDialogOf(response)
  desk.inbox.put(() => ({
    kind: 'response',
    transaction: outgoing.order.transaction,
    ...(dialog !== undefined && { dialog }),
    response,
    local: isLocal(res),
  }))
}

/** A 2xx after the call logic was told otherwise. */
function refuseLate(desk: Desk, dialog: string, ack: SrfAck): void {
  desk.log.info('edge.late-answer', { dialog })
  desk.inbox.during(() => ack())
  hangUp(desk, dialog)
}

function sendCancel(desk: Desk, req: SrfRequest, reason: string): void {
  try {
    req.cancel({ headers: reason === '' || /[\r\n]/.test(reason) ? {} : { Reason: reason } }, error => {
      if (error !== null) desk.log.info('edge.cancel-refused', { refusal: messageOf(error) })
    })
  } catch (cause) {
    // drachtio-srf asserts that it has a socket; the loss of the link ends the request anyway.
    desk.log.info('edge.cancel-refused', { refusal: messageOf(cause) })
  }
}

function isOpen({ book }: Desk, outgoing: Outgoing): boolean {
  return book.outgoing.get(outgoing.order.transaction) === outgoing
}

function arm(desk: Desk, outgoing: Outgoing, ms: number, status: 408 | 503): void {
  outgoing.disarm()
  outgoing.disarm = desk.clock.after(ms, () => {
    const { transaction, method } = outgoing.order
    desk.log.warn('edge.no-answer', { transaction, method, ms })
    finish(desk, outgoing, status)
    if (method === 'INVITE' && outgoing.req !== undefined) sendCancel(desk, outgoing.req, '')
  })
}

function close(desk: Desk, outgoing: Outgoing): void {
  outgoing.disarm()
  desk.book.outgoing.delete(outgoing.order.transaction)
}

function finish(desk: Desk, outgoing: Outgoing, status: 408 | 481 | 503): void {
  if (!isOpen(desk, outgoing)) return
  close(desk, outgoing)
  const { transaction, dialog } = outgoing.order
  if (status !== 503 && dialog !== undefined) forget(desk.book, dialog)
  desk.inbox.put(() => ({ kind: 'response', transaction, response: localResponse(status), local: true }))
}
