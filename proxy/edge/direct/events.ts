import type { EngineEvent, Source } from '../../../engine/api.ts'
import type { EdgeEvent, Origin, Side } from '../../ports.ts'
import { dialogToBe } from '../../../engine/message/dialog-id.ts'
import type { Book } from './book.ts'

type Event<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { kind: Kind }>

/** The names of the listeners that are our faces. */
export type Faces = Readonly<Record<Side, string>>

/** The engine's event in the words of the port; undefined when it concerns no order of ours. */
export function told(book: Book, event: EngineEvent, faces: Faces): EdgeEvent | undefined {
  switch (event.kind) {
    case 'request':
      return request(book, event, faces)
    case 'response':
      return response(book, event)
    case 'cancel':
      return cancel(book, event)
    case 'ack':
      return { kind: 'ack', dialog: event.dialog, request: event.request }
    case 'dialog-ended':
      return { kind: 'dialog-ended', dialog: event.dialog, reason: event.reason }
    case 'flow-closed':
      return { kind: 'flow-closed', flow: event.flow }
  }
}

function request(
  book: Book,
  { transaction, dialog, request: message, source }: Event<'request'>,
  faces: Faces,
): EdgeEvent {
  const id = dialogToBe(message)
  if (message.method === 'INVITE' && dialog === undefined) book.invites.set(transaction, { dialogToBe: id })
  return {
    kind: 'request',
    transaction,
    dialog,
    dialogToBe: id,
    request: message,
    origin: originOf(source, faces),
  }
}

function response(book: Book, event: Event<'response'>): EdgeEvent | undefined {
  const transaction = book.orderId(event.transaction)
  if (transaction === undefined) return undefined
  const { status } = event.response
  // RFC 3261 §16.7: a 100 is for the hop that asked, nobody else.
  if (status === 100) return undefined
  if (status >= 200) book.over(event.transaction)
  return {
    kind: 'response',
    transaction,
    dialog: status < 300 ? event.dialog : undefined,
    response: event.response,
    local: event.source === undefined,
  }
}

function cancel(book: Book, { transaction, request: message }: Event<'cancel'>): EdgeEvent {
  book.invites.delete(transaction)
  const reason = message.headers.get('Reason')
  return { kind: 'cancel', transaction, ...(reason !== undefined && { reason }) }
}

function originOf({ transport, address, port, flow, listener }: Source, faces: Faces): Origin {
  const side = listener === faces.inside ? 'inside' : listener === faces.trunk ? 'trunk' : undefined
  return { transport, address, port, flow, side }
}
