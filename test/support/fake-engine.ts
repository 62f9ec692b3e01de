import type {
  Engine,
  EngineEvent,
  ForwardParts,
  ListenerAddress,
  Ordered,
  RequestParts,
  Responded,
  ResponseParts,
  Sent,
  Source,
} from '../../engine/api.ts'
import { request, response } from '../../engine/message/build.ts'
import type { HeaderLine, SipRequest, SipResponse } from '../../engine/message/message.ts'

/** What was asked of the engine, in order. */
export type EngineCall =
  | { readonly kind: 'respond'; readonly transaction: string; readonly parts: ResponseParts }
  | { readonly kind: 'request'; readonly transaction: string; readonly parts: RequestParts }
  | { readonly kind: 'cancel'; readonly transaction: string; readonly headers: readonly HeaderLine[] }
  | { readonly kind: 'ack'; readonly dialog: string; readonly parts: Pick<RequestParts, 'headers' | 'body'> }
  | {
      readonly kind: 'forward'
      readonly transaction: string
      readonly of: string
      readonly parts: ForwardParts
    }
  | { readonly kind: 'relay'; readonly transaction: string; readonly response: SipResponse }
  | { readonly kind: 'close-flow'; readonly flow: string }

/** An `Engine` without sockets: records what it is asked, and tells what a test wants. */
export class FakeEngine implements Engine {
  readonly calls: EngineCall[] = []
  /** Taken by the next order instead of success. */
  refusal: Extract<Ordered, { ok: false }>['refusal'] | undefined
  /** Told from within the next `request`, as an engine may do. */
  duringRequest: ((transaction: string) => EngineEvent) | undefined
  isRunning = false
  #receive: (event: EngineEvent) => void = () => undefined
  #count = 0

  start(): Promise<void> {
    this.isRunning = true
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.isRunning = false
    return Promise.resolve()
  }

  onEvent(receiver: (event: EngineEvent) => void): void {
    this.#receive = receiver
  }

  emit(event: EngineEvent): void {
    this.#receive(event)
  }

  listeners(): readonly ListenerAddress[] {
    return [
      listener('trunk', 'udp', '10.0.0.4', 5060, '203.0.113.5'),
      listener('inside', 'udp', '127.0.0.1', 5070),
      listener('agents', 'ws', '10.0.0.4', 8088, '203.0.113.5'),
    ]
  }

  respond(transaction: string, parts: ResponseParts): Ordered<Responded> {
    this.calls.push({ kind: 'respond', transaction, parts })
    const refused = this.#refused()
    if (refused) return refused
    const answer = response(parts.status, [['To', `<sip:us@x>;tag=${parts.tag ?? 'ours'}`]], {
      ...(parts.reason !== undefined && { reason: parts.reason }),
      ...(parts.body !== undefined && { body: parts.body }),
    })
    return {
      ok: true,
      response: answer,
      ...(parts.status === 200 && { dialog: `call;from-tag=${transaction}` }),
    }
  }

  request(parts: RequestParts): Ordered<Sent> {
    const transaction = `c${(this.#count += 1)}`
    this.calls.push({ kind: 'request', transaction, parts })
    const refused = this.#refused()
    if (refused) return refused
    if (this.duringRequest) this.emit(this.duringRequest(transaction))
    this.duringRequest = undefined
    return { ok: true, transaction, ...sentRequest(parts, transaction) }
  }

  cancel(transaction: string, headers: readonly HeaderLine[] = []): Ordered {
    this.calls.push({ kind: 'cancel', transaction, headers })
    return this.#refused() ?? { ok: true }
  }

  ack(dialog: string, parts: Pick<RequestParts, 'headers' | 'body'> = {}): Ordered<Sent> {
    this.calls.push({ kind: 'ack', dialog, parts })
    return (
      this.#refused() ?? { ok: true, transaction: 'a1', ...sentRequest({ method: 'ACK', ...parts }, 'a1') }
    )
  }

  forward(of: string, parts: ForwardParts): Ordered<Sent> {
    const transaction = `c${(this.#count += 1)}`
    this.calls.push({ kind: 'forward', transaction, of, parts })
    return this.#refused() ?? { ok: true, transaction, ...sentRequest({ method: 'INVITE' }, transaction) }
  }

  relay(transaction: string, sent: SipResponse): Ordered<Responded> {
    this.calls.push({ kind: 'relay', transaction, response: sent })
    return this.#refused() ?? { ok: true, response: sent }
  }

  closeFlow(flow: string): void {
    this.calls.push({ kind: 'close-flow', flow })
  }

  #refused(): Extract<Ordered, { ok: false }> | undefined {
    const refusal = this.refusal
    this.refusal = undefined
    return refusal && { ok: false, refusal }
  }
}

/** A request as it comes in. */
export function incoming(method: string, more: readonly HeaderLine[] = []): SipRequest {
  return request(method, 'sip:door@example.com', [
    ['Via', 'SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKin'],
    ['From', '<sip:alice@example.com>;tag=theirs'],
    ['To', '<sip:door@example.com>'],
    ['Call-ID', 'call'],
    ['CSeq', `1 ${method}`],
    ...more,
  ])
}

/** A source on UDP, but for `changes`. */
export function source(changes: Partial<Source> = {}): Source {
  return { transport: 'udp', address: '192.0.2.9', port: 5062, listener: 'trunk', ...changes }
}

function listener(
  name: string,
  transport: ListenerAddress['transport'],
  host: string,
  port: number,
  told = host,
): ListenerAddress {
  return { name, transport, bound: { host, port }, advertised: { host: told, port } }
}

function sentRequest(parts: RequestParts, transaction: string): Pick<Sent, 'request' | 'via'> {
  const own: HeaderLine[] = [
    ['Via', `SIP/2.0/UDP 10.0.0.4:5060;branch=z9hG4bK${transaction}`],
    ['Call-ID', `id-${transaction}`],
    ['CSeq', `1 ${parts.method}`],
  ]
  const headers = (parts.headers ?? []).map(([name, value]): HeaderLine => {
    return name === 'From' && !value.includes(';tag=') ? [name, `${value};tag=us`] : [name, value]
  })
  return {
    request: request(parts.method, parts.uri ?? 'sip:remote@192.0.2.9', [...own, ...headers], parts.body),
    via: { transport: 'udp', address: '10.0.0.4', port: 5060 },
  }
}
