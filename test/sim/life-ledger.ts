import type {
  EngineEvent,
  Ordered,
  RequestParts,
  Responded,
  ResponseParts,
  Sent,
  Source,
} from '../../engine/api.ts'
import { patience } from '../../engine/transaction/timers.ts'
import { isStranger } from './addresses.ts'
import type { Invariant, Judge } from './judge.ts'

/** A request that an application ordered. */
interface Order {
  readonly method: string
  readonly at: number
  readonly callId: string
  final: number
}

/** A request that an application was told of. */
interface Asked {
  readonly method: string
  readonly callId: string
  isAnswered: boolean
}

/** A confirmed dialog, as the application must see it. */
export interface KnownDialog {
  readonly localTag: string
  readonly remoteTag: string
  isOver: boolean
  /** Our application has hung up. Its BYE may wait for an ACK (§15), and the peer hang up meanwhile. */
  hasHungUp: boolean
}

type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { kind: K }>

/** What one engine and its application told each other between start and crash; says when that breaks an invariant. */
export class LifeLedger {
  readonly dialogs = new Map<string, KnownDialog>()
  /** Calls whose INVITE was told, by Call-ID and From tag. */
  readonly #calls = new Set<string>()
  readonly #orders = new Map<string, Order>()
  readonly #asked = new Map<string, Asked>()
  readonly #closed = new Set<string>()
  readonly #judge: Judge
  readonly #host: string
  readonly #now: () => number
  /** How late a final response may be told to be still in time. */
  readonly #slackMs: number

  constructor(judge: Judge, host: string, now: () => number, slackMs: number) {
    this.#judge = judge
    this.#host = host
    this.#now = now
    this.#slackMs = slackMs
  }

  /** The INVITE transactions without a final response. */
  get openOrders(): readonly string[] {
    return [...this.#orders].filter(([, { final }]) => final === 0).map(([id]) => id)
  }

  /** Whether the application was told that nobody answered this call. */
  wasGivenUp(callId: string): boolean {
    for (const { callId: other, final } of this.#orders.values()) {
      if (other === callId && (final === 408 || final === 503)) return true
    }
    return false
  }

  ordered(parts: RequestParts, done: Ordered<Sent>): void {
    const dialog = parts.dialog === undefined ? undefined : this.dialogs.get(parts.dialog)
    if (done.ok) {
      const callId = done.request.headers.get('call-id') ?? ''
      this.#orders.set(done.transaction, { method: parts.method, at: this.#now(), callId, final: 0 })
      if (parts.method !== 'BYE' || dialog === undefined) return
      dialog.isOver = true
      dialog.hasHungUp = true
    } else if (done.refusal === 'unknown-dialog' && dialog?.isOver === false) {
      this.#violate('I6', `the engine has forgotten a call that is up: ${parts.dialog}`, parts.dialog)
    }
  }

  responded(transaction: string, { status }: ResponseParts, done: Ordered<Responded>): void {
    const asked = this.#asked.get(transaction)
    if (!done.ok || asked === undefined || status < 200) return
    if (asked.isAnswered) this.#violate('I1', `a second final response ${status} was accepted`, asked.callId)
    asked.isAnswered = true
    const { dialog, response } = done
    if (asked.method !== 'INVITE' || status >= 300 || dialog === undefined || this.dialogs.has(dialog)) return
    this.dialogs.set(dialog, {
      localTag: tagIn(response.headers.get('to')),
      remoteTag: tagIn(response.headers.get('from')),
      isOver: false,
      hasHungUp: false,
    })
  }

  told(event: EngineEvent): void {
    if ('source' in event && event.source !== undefined) this.#heard(event, event.source)
    switch (event.kind) {
      case 'request':
        return this.#request(event)
      case 'response':
        return this.#response(event)
      case 'cancel':
        return this.#cancel(event)
      case 'ack':
        return this.#alive(event.dialog, 'ACK')
      case 'dialog-ended':
        return this.#ended(event)
      case 'flow-closed':
        if (this.#closed.has(event.flow)) this.#violate('I2', `connection ${event.flow} closed twice`)
        this.#closed.add(event.flow)
    }
  }

  /** The world is quiet: whatever is still open will stay so. */
  end(): void {
    for (const { method, callId, final } of this.#orders.values()) {
      if (final === 0) this.#violate('I1', `a ${method} never got a final response`, callId)
    }
  }

  #heard(event: EngineEvent, { flow, address }: Source): void {
    if (flow !== undefined && this.#closed.has(flow)) {
      this.#violate('I2', `${event.kind} over a connection that is closed`)
    }
    const isOfCall = event.kind !== 'request' || event.dialog !== undefined
    if (isOfCall && isStranger(address)) this.#violate('I8', `a stranger’s ${event.kind} counts in a call`)
  }

  #request({ transaction, dialog, request }: EventOf<'request'>): void {
    const { method, headers } = request
    const callId = headers.get('call-id') ?? ''
    if (this.#asked.has(transaction)) this.#violate('I1', `${transaction} names two requests`, callId)
    this.#asked.set(transaction, { method, callId, isAnswered: false })
    if (dialog !== undefined) {
      this.#alive(dialog, method)
      const known = this.dialogs.get(dialog)
      if (method === 'BYE' && known !== undefined) known.isOver = true
    } else if (method === 'INVITE') {
      const call = `${callId} ${tagIn(headers.get('from'))}`
      if (this.#calls.has(call)) this.#violate('I7', 'one INVITE was told as two calls', callId)
      this.#calls.add(call)
    }
  }

  #response({ transaction, dialog, response, source }: EventOf<'response'>): void {
    const order = this.#orders.get(transaction)
    const { status, headers } = response
    if (order === undefined) return this.#violate('I1', `a response ${status} to no request`)
    const { method, callId, at } = order
    if (order.final !== 0)
      return this.#violate('I1', `${status} to a ${method} that ended in ${order.final}`, callId)
    if (status < 200) return
    order.final = status
    this.#count(order, status, source === undefined)
    // A BYE may have had to wait for an ACK before it left.
    const patienceMs = (method === 'BYE' ? 2 : 1) * patience + this.#slackMs
    if (method !== 'INVITE' && this.#now() - at > patienceMs) {
      this.#violate('I1', `${status} to a ${method} came after ${Math.round(this.#now() - at)} ms`, callId)
    }
    if (method !== 'INVITE' || status >= 300 || dialog === undefined || this.dialogs.has(dialog)) return
    this.dialogs.set(dialog, {
      localTag: tagIn(headers.get('from')),
      remoteTag: tagIn(headers.get('to')),
      isOver: false,
      hasHungUp: false,
    })
  }

  #count({ method }: Order, status: number, isOurs: boolean): void {
    if (!isOurs) return
    if (status === 408) this.#judge.point(method === 'INVITE' ? 'timeout-invite' : 'timeout-other')
    else if (status === 503) this.#judge.point('unreachable')
    else if (status === 491) this.#judge.point('glare-local')
  }

  #cancel({ transaction }: EventOf<'cancel'>): void {
    const asked = this.#asked.get(transaction)
    if (asked?.method !== 'INVITE') return this.#violate('I2', 'a CANCEL of no INVITE')
    if (asked.isAnswered) this.#violate('I2', 'a CANCEL was told after the final response', asked.callId)
    asked.isAnswered = true
  }

  #ended({ dialog, reason }: EventOf<'dialog-ended'>): void {
    this.#alive(dialog, `end (${reason})`)
    const known = this.dialogs.get(dialog)
    if (known !== undefined) known.isOver = true
    if (reason === 'ack-timeout') this.#judge.point('ack-timeout')
    else if (reason === 'cancelled-after-answer') this.#judge.point('answer-crosses-cancel')
    else if (reason === 'cancel-race') this.#judge.point('cancelled-then-answered')
    else this.#judge.point('session-expired')
  }

  #alive(dialog: string, what: string): void {
    const known = this.dialogs.get(dialog)
    if (known?.isOver !== true || (known.hasHungUp && stillTold.has(what))) return
    this.#violate('I2', `${what} in a dialog that is over`, dialog)
  }

  #violate(invariant: Invariant, text: string, call = ''): void {
    this.#judge.violate(invariant, `${this.#host}: ${text}`, call.split(';')[0])
  }
}

/** What may come into a dialog after our application has hung up. */
const stillTold: ReadonlySet<string> = new Set(['ACK', 'BYE'])

function tagIn(value = ''): string {
  const at = value.indexOf(';tag=')
  return at === -1 ? '' : (value.slice(at + 5).split(';')[0] ?? '')
}
