import { parseUri } from '../../engine/message/uri.ts'
import type { HeaderLine } from '../../engine/message/message.ts'
import type { EdgeEvent, RequestOrder, SipEdge } from '../ports.ts'
import { answerChallenge, type DigestAnswer, type Tried } from './digest.ts'

type ResponseEvent = Extract<EdgeEvent, { kind: 'response' }>

/** An INVITE with an account that has no final response yet. */
interface Pending {
  readonly order: RequestOrder
  /** The transaction of the last repetition. */
  readonly transaction: string
  readonly cseq: number
  readonly tried: Tried
  /** The caller gave up: no challenge is answered any more. */
  readonly cancelled?: boolean
}

/**
 * `edge` with answers to challenges: an INVITE that opens a dialog and names an account is repeated with credentials, and whoever gave the
 * order hears of the last one only. Nothing else that we send is ever answered for.
 */
export function withAccounts(edge: SipEdge, random: () => string): SipEdge {
  const pending = new Map<string, Pending>()
  /** The order that a repetition belongs to. */
  const orders = new Map<string, string>()

  function send(first: RequestOrder, next: Omit<Pending, 'order'>, line?: HeaderLine): void {
    const { account: _secret, ...order } = first
    pending.set(first.transaction, { order: first, ...next })
    orders.set(next.transaction, first.transaction)
    const cseq: HeaderLine = ['CSeq', `${next.cseq} ${first.method}`]
    const headers = [...(first.headers ?? []), cseq, ...(line ? [line] : [])]
    edge.request({ ...order, transaction: next.transaction, headers })
  }

  /** Undefined when the response was a challenge that is answered. */
  function heard(event: ResponseEvent): ResponseEvent | undefined {
    const transaction = orders.get(event.transaction)
    const waiting = transaction === undefined ? undefined : pending.get(transaction)
    if (transaction === undefined || !waiting) return event
    const { status } = event.response
    if (status >= 200) {
      orders.delete(event.transaction)
      pending.delete(transaction)
    }
    const again = (status === 401 || status === 407) && !event.local && answerOf(waiting, event, random())
    if (!again) return { ...event, transaction }
    const { cseq, order } = waiting
    send(order, { transaction: `${transaction}~${cseq}`, cseq: cseq + 1, tried: again.tried }, again.line)
    return undefined
  }

  return {
    start: receive =>
      edge.start(event => {
        const told = event.kind === 'response' ? heard(event) : event
        if (told) receive(told)
      }),
    stop: () => edge.stop(),
    respond: order => edge.respond(order),
    request(order) {
      const { account, method, dialog, headers = [] } = order
      // As it is: to copy each order but for its account is slow.
      if (account === undefined) return edge.request(order)
      if (method !== 'INVITE' || dialog !== undefined) {
        const { account: _none, ...plain } = order
        return edge.request(plain)
      }
      const named = { ...order, headers: withCallNames(headers, random) }
      send(named, { transaction: order.transaction, cseq: 1, tried: { stale: false } })
    },
    cancel(transaction, reason) {
      const waiting = pending.get(transaction)
      if (waiting) pending.set(transaction, { ...waiting, cancelled: true })
      edge.cancel(waiting?.transaction ?? transaction, reason)
    },
    ack: (dialog, body) => edge.ack(dialog, body),
    closeFlow: flow => edge.closeFlow(flow),
  }
}

function answerOf(
  { order, tried, cancelled }: Pending,
  { response }: ResponseEvent,
  cnonce: string,
): DigestAnswer | undefined {
  const { account, method, uri = '' } = order
  const host = parseUri(uri)?.host
  if (!account || host === undefined || cancelled) return undefined
  return answerChallenge(response, { method, uri, host, account }, tried, cnonce)
}

/** RFC 3261 §22.2: a repetition has the Call-ID and the From of the first, tag included. */
function withCallNames(headers: readonly HeaderLine[], random: () => string): readonly HeaderLine[] {
  const tagged = headers.map(([name, value]): HeaderLine =>
    name === 'From' ? [name, `${value};tag=${random()}`] : [name, value],
  )
  return [...tagged, ['Call-ID', random()]]
}
