import { messageOf } from '../../../runtime/errors.ts'
import type { ResponseOrder } from '../../ports.ts'
import { dialogToBe } from '../../../engine/message/dialog-id.ts'
import { parts } from '../order-parts.ts'
import { forget, type Incoming } from './book.ts'
import { hangUp, warnOfSize, type Desk } from './desk.ts'
import { originOf, requestOf } from './events.ts'
import { headerRecord, refreshesTarget, withContact } from './headers.ts'
import type { SrfAnswer, SrfRequest } from './srf.ts'

/** Tells what the server delivered: a request, an ACK, or the BYE that it sent by itself. */
export function received(desk: Desk, req: SrfRequest, res: SrfAnswer): void {
  if (req.method === 'ACK') return acknowledged(desk, req)
  if (req.source === 'application') return endedByServer(desk, req)
  const request = requestOf(req)
  if (request === undefined) return res.send(400, undefined, { headers: {} }, () => undefined)
  const transaction = req.stackTxnId
  const dialog = req.stackDialogId === '' ? undefined : req.stackDialogId
  const id = dialogToBe(request)
  const agent = desk.relay.originAt(req.protocol, req.source_address, req.source_port)
  desk.book.incoming.set(transaction, {
    res,
    method: req.method,
    dialog,
    dialogToBe: id,
    fromAgent: agent !== undefined,
  })
  if (req.method === 'INVITE') watchInvite(desk, req)
  if (req.method === 'BYE' && dialog !== undefined) forget(desk.book, dialog)
  desk.inbox.put(() => ({
    kind: 'request',
    transaction,
    ...(dialog !== undefined && { dialog }),
    dialogToBe: id,
    request,
    origin: agent ?? originOf(req, desk.faces),
  }))
}

/** Carries out the order; a 2xx to an INVITE that did not go out is told as the end of its dialog. */
export function answer(desk: Desk, order: ResponseOrder): void {
  const { transaction, status, reason } = order
  const incoming = desk.book.incoming.get(transaction)
  if (incoming === undefined)
    return desk.log.info('edge.response-refused', { transaction, status, refusal: 'unknown' })
  if (status >= 200) desk.book.incoming.delete(transaction)
  const dialog = opensOrChanges(incoming, status)
  if (dialog !== undefined) {
    desk.book.unacked.add(dialog)
    if (incoming.fromAgent) desk.book.withAgents.add(dialog)
  }
  const outcome = outcomeOf(desk, incoming, order)
  const { headers: lines, body } = parts(order)
  const tellsContact = incoming.fromAgent && refreshesTarget(incoming.method) && status > 100 && status < 300
  const headers = headerRecord(tellsContact ? withContact(lines, desk.relay.contact) : lines)
  if (headers === undefined) return outcome('invalid header')
  warnOfSize(desk, `${status} ${incoming.method}`, headers, body)
  const options = { headers, ...(body !== undefined && { body }) }
  send(incoming.res, status, reason, options, outcome)
}

/** The link is gone: the server answers 503 to every INVITE that we have not answered. */
export function loseAnswers(desk: Desk): void {
  for (const [transaction, { method }] of desk.book.incoming) {
    desk.book.incoming.delete(transaction)
    if (method === 'INVITE') desk.inbox.put(() => ({ kind: 'cancel', transaction }))
  }
  desk.book.acks.clear()
  desk.book.unacked.clear()
}

function acknowledged({ book, inbox }: Desk, req: SrfRequest): void {
  const dialog = req.stackDialogId
  const request = requestOf(req)
  // The server also delivers the ACK of a refused re-INVITE.
  if (dialog === undefined || request === undefined || !book.unacked.delete(dialog)) return
  inbox.put(() => ({ kind: 'ack', dialog, request }))
}

function endedByServer({ book, inbox }: Desk, req: SrfRequest): void {
  const dialog = req.stackDialogId
  if (dialog === undefined || dialog === '') return
  forget(book, dialog)
  const reason = /text="([^"]*)"/.exec(req.get('Reason') ?? '')?.[1] ?? 'ended by the drachtio-server'
  inbox.put(() => ({ kind: 'dialog-ended', dialog, reason }))
}

function watchInvite(desk: Desk, req: SrfRequest): void {
  const transaction = req.stackTxnId
  req.on('cancel', message => {
    if (!desk.book.incoming.delete(transaction)) return
    const reason = message.get('Reason')
    desk.inbox.put(() => ({ kind: 'cancel', transaction, ...(reason !== undefined && { reason }) }))
  })
  req.on('update', (update, res) => received(desk, update, res))
}

function opensOrChanges({ method, dialog, dialogToBe: id }: Incoming, status: number): string | undefined {
  return method === 'INVITE' && status >= 200 && status < 300 ? (dialog ?? id) : undefined
}

/** What is to be done when it is known whether the response went out; also when that is never told. */
function outcomeOf(
  desk: Desk,
  incoming: Incoming,
  order: ResponseOrder,
): (refusal: string | undefined) => void {
  const { transaction, status } = order
  const opened = incoming.dialog === undefined ? opensOrChanges(incoming, status) : undefined
  let stage: 'waiting' | 'sent' | 'failed' = 'waiting'
  const settle = (refusal: string | undefined): void => {
    disarm()
    if (stage === 'failed' && refusal === undefined && opened !== undefined) hangUp(desk, opened)
    if (stage !== 'waiting') return
    stage = refusal === undefined ? 'sent' : 'failed'
    if (refusal === undefined) return
    desk.log.info('edge.response-refused', { transaction, status, refusal })
    if (opened === undefined) return
    forget(desk.book, opened)
    desk.inbox.put(() => ({ kind: 'dialog-ended', dialog: opened, reason: refusal }))
  }
  const disarm = desk.clock.after(desk.deadlineMs, () => settle('no reply from the drachtio-server'))
  return settle
}

function send(
  res: SrfAnswer,
  status: number,
  reason: string | undefined,
  options: { headers: Record<string, string>; body?: string },
  outcome: (refusal: string | undefined) => void,
): void {
  const done = (error: unknown): void =>
    outcome(error === null || error === undefined ? undefined : messageOf(error))
  try {
    res.send(status, reason, options, done)
  } catch {
    // drachtio-srf refuses statuses that it does not know; RFC 3261 §8.1.3.2 treats those as the x00 of their class.
    res.send(Math.floor(status / 100) * 100, reason, options, done)
  }
}
