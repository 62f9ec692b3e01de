import type { EngineEvent, Source } from '../../engine/api.ts'
import type { HeaderLine } from '../../engine/message/message.ts'
import type { Application, Life } from './host.ts'
import type { Judge } from './judge.ts'

/** Where a front door may send calls. */
export interface FrontDoorOptions {
  /** The URIs of users that have no need to register; several are tried in turn. */
  readonly routes: ReadonlyMap<string, readonly string[]>
  readonly isKnown: (address: string) => boolean
  readonly judge: Judge
}

type Request = Extract<EngineEvent, { kind: 'request' }>
type Response = Extract<EngineEvent, { kind: 'response' }>

/** One side of a call. */
interface Leg {
  readonly call: Call
  readonly callId: string
  /** The INVITE while it has no final response. */
  invite: string | undefined
  dialog: string | undefined
  /** Its 2xx waits for our ACK. */
  owesAck: boolean
  isOver: boolean
  flow: string | undefined
}

interface Call {
  readonly a: Leg
  b: Leg | undefined
  /** URIs that were not asked yet. */
  rest: readonly string[]
  readonly from: string
}

const sdp: { readonly headers: readonly HeaderLine[]; readonly body: string } = {
  headers: [['Content-Type', 'application/sdp']],
  body: 'v=0\r\n',
}

/** A back-to-back user agent: whatever one side of a call does, the other side is told. */
export class FrontDoor implements Application {
  readonly #life: Life
  readonly #options: FrontDoorOptions
  readonly #bindings = new Map<string, Source>()
  readonly #invites = new Map<string, Leg>()
  readonly #dialogs = new Map<string, Leg>()
  /** Requests that were passed on: whom to answer, by our transaction. */
  readonly #relayed = new Map<string, { readonly transaction: string; readonly leg: Leg }>()

  constructor(life: Life, options: FrontDoorOptions) {
    this.#life = life
    this.#options = options
    // The B leg may have to wait until the A leg has given up.
    if (life.habits.lateAck) life.acksWithinMs = 45_000
  }

  onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case 'request':
        return this.#request(event)
      case 'response':
        return this.#response(event)
      case 'cancel':
        return this.#cancelled(event.transaction)
      case 'ack': {
        const other = this.#otherOf(this.#dialogs.get(event.dialog))
        if (other !== undefined) this.#acknowledge(other)
        return
      }
      case 'dialog-ended':
        return this.#gone(this.#dialogs.get(event.dialog))
      case 'flow-closed':
        return this.#lost(event.flow)
    }
  }

  finish(): void {
    for (const leg of [...this.#invites.values(), ...this.#dialogs.values()]) this.#end(leg)
  }

  #request(event: Request): void {
    const { transaction, dialog, request, source } = event
    if (!this.#options.isKnown(source.address)) return void this.#life.respond(transaction, { status: 403 })
    if (dialog !== undefined) return this.#inside(event, dialog)
    if (request.method === 'INVITE') return this.#invited(event)
    if (request.method === 'REGISTER') this.#bindings.set(userIn(request.headers.get('from')), source)
    this.#soon(() => this.#life.respond(transaction, { status: 200 }))
  }

  #invited({ transaction, request, source }: Request): void {
    const user = userIn(request.uri)
    const binding = this.#bindings.get(user)
    const rest = this.#options.routes.get(user) ?? (binding ? [user] : [])
    if (this.#life.isFinishing || rest.length === 0) {
      return void this.#life.respond(transaction, { status: this.#life.isFinishing ? 503 : 404 })
    }
    const callId = request.headers.get('call-id') ?? ''
    const call: Call = {
      a: {
        get call() {
          return call
        },
        callId,
        invite: transaction,
        dialog: undefined,
        owesAck: false,
        isOver: false,
        flow: source.flow,
      },
      b: undefined,
      rest,
      from: userIn(request.headers.get('from')),
    }
    this.#invites.set(transaction, call.a)
    this.#soon(() => this.#dial(call, 1, 503))
  }

  /** Asks the next one; when there is none, the caller gets `status`. */
  #dial(call: Call, attempt: number, status: number): void {
    const [next, ...rest] = call.rest
    call.rest = rest
    if (call.a.isOver) return
    if (next === undefined || this.#life.isFinishing) return this.#refuse(call.a, status)
    const callId = `${call.a.callId}/b${attempt}`
    const done = this.#life.request({
      method: 'INVITE',
      headers: [
        ['From', `<sip:${call.from}@sim>`],
        ['Call-ID', callId],
        ['Supported', '100rel'],
        ...sdp.headers,
      ],
      body: sdp.body,
      ...this.#wayTo(next),
    })
    if (!done.ok) return this.#refuse(call.a, 503)
    call.b = {
      call,
      callId,
      invite: done.transaction,
      dialog: undefined,
      owesAck: false,
      isOver: false,
      flow: undefined,
    }
    this.#invites.set(done.transaction, call.b)
  }

  #wayTo(next: string): { readonly uri: string; readonly flow?: string } {
    const source = this.#bindings.get(next)
    if (source === undefined) return { uri: next }
    const uri = `sip:${next}@${source.address}`
    return source.flow === undefined ? { uri } : { uri, flow: source.flow }
  }

  #inside(event: Request, dialog: string): void {
    const { transaction, request, source } = event
    const leg = this.#dialogs.get(dialog)
    if (request.method === 'PRACK') return void this.#life.respond(transaction, { status: 200 })
    if (leg === undefined) return void this.#life.respond(transaction, { status: 481 })
    if (source.flow !== leg.flow) {
      this.#options.judge.point('flow-taken-over')
      leg.flow = source.flow
    }
    if (request.method !== 'BYE') return this.#relay(event, leg)
    this.#life.respond(transaction, { status: 200 })
    this.#gone(leg)
  }

  #relay({ transaction, request }: Request, leg: Leg): void {
    const dialog = this.#otherOf(leg)?.dialog
    const { method } = request
    const body = request.body.length > 0 ? sdp : {}
    const done = dialog === undefined ? undefined : this.#life.request({ method, dialog, ...body })
    if (done?.ok === true) this.#relayed.set(done.transaction, { transaction, leg })
    else this.#life.respond(transaction, { status: 500 })
  }

  #response(event: Response): void {
    const { transaction, response } = event
    const relayed = this.#relayed.get(transaction)
    if (relayed !== undefined) return this.#relayBack(event, relayed)
    const leg = this.#invites.get(transaction)
    if (leg === undefined) return
    if (response.status < 200) this.#progress(event, leg)
    else if (response.status < 300) this.#answered(event, leg)
    else this.#refused(leg, response.status)
  }

  #relayBack(
    { transaction, response }: Response,
    { transaction: theirs, leg }: { transaction: string; leg: Leg },
  ): void {
    const { status } = response
    const other = this.#otherOf(leg)
    if (status < 200) return
    this.#relayed.delete(transaction)
    const isAnswer = status < 300 && (response.headers.get('cseq') ?? '').endsWith('INVITE')
    const done = this.#life.respond(theirs, { status, ...(isAnswer && sdp) })
    if (isAnswer && other !== undefined) {
      other.owesAck = true
      if (!done.ok || !this.#life.habits.lateAck) this.#acknowledge(other)
    }
    // RFC 3261 §12.2.1.2
    if (status === 408 || status === 481) this.#end(leg)
  }

  #progress({ dialog, response }: Response, leg: Leg): void {
    const { a } = leg.call
    if (dialog !== undefined) {
      const rack = `${response.headers.get('rseq')} ${response.headers.get('cseq')}`
      this.#life.request({ method: 'PRACK', dialog, headers: [['RAck', rack]] })
    }
    if (a.invite !== undefined && response.status > 100)
      this.#life.respond(a.invite, { status: response.status })
  }

  #answered({ transaction, dialog = '', source }: Response, leg: Leg): void {
    const { a } = leg.call
    this.#invites.delete(transaction)
    leg.invite = undefined
    // We had cancelled it: the engine hangs up as soon as it is acknowledged.
    if (leg.isOver) return void this.#life.ack(dialog)
    leg.dialog = dialog
    leg.owesAck = true
    leg.flow = source?.flow
    this.#dialogs.set(dialog, leg)
    const done = a.invite === undefined ? undefined : this.#life.respond(a.invite, { status: 200, ...sdp })
    if (done?.ok !== true || done.dialog === undefined) return this.#end(leg)
    this.#invites.delete(a.invite ?? '')
    a.invite = undefined
    a.dialog = done.dialog
    this.#dialogs.set(done.dialog, a)
    if (!this.#life.habits.lateAck) this.#acknowledge(leg)
  }

  #refused(leg: Leg, status: number): void {
    const { call } = leg
    this.#drop(leg)
    const mayTry = this.#life.habits.failover && (status === 408 || status === 503)
    if (mayTry) this.#dial(call, 2, status)
    else this.#refuse(call.a, status)
  }

  #cancelled(transaction: string): void {
    const a = this.#invites.get(transaction)
    if (a !== undefined) this.#gone(a)
  }

  /** A leg has ended by itself; the other one follows. */
  #gone(leg: Leg | undefined): void {
    if (leg === undefined) return
    this.#drop(leg)
    const other = this.#otherOf(leg)
    if (other !== undefined) this.#end(other)
  }

  /** Ends a leg in whatever state it is, and the other one with it. */
  #end(leg: Leg): void {
    if (leg.isOver) return
    if (leg.dialog !== undefined) {
      this.#acknowledge(leg)
      this.#drop(leg)
      this.#life.request({ method: 'BYE', dialog: leg.dialog })
    } else if (leg === leg.call.a) this.#refuse(leg, 480)
    else if (leg.invite !== undefined) {
      // It may be answered all the same; then the engine hangs up after our ACK.
      this.#life.cancel(leg.invite, leg.callId)
      leg.isOver = true
    }
    const other = this.#otherOf(leg)
    if (other !== undefined && !other.isOver) this.#end(other)
  }

  #refuse(a: Leg, status: number): void {
    if (a.invite !== undefined) this.#life.respond(a.invite, { status })
    this.#drop(a)
  }

  #drop(leg: Leg): void {
    leg.isOver = true
    if (leg.invite !== undefined) this.#invites.delete(leg.invite)
    leg.invite = undefined
    if (leg.dialog !== undefined) this.#dialogs.delete(leg.dialog)
  }

  #acknowledge(leg: Leg): void {
    if (!leg.owesAck || leg.dialog === undefined) return
    leg.owesAck = false
    this.#life.ack(leg.dialog)
  }

  /** A browser has some time to come back. */
  #lost(flow: string): void {
    for (const leg of this.#dialogs.values()) {
      if (leg.flow !== flow) continue
      this.#life.later(10_000, () => {
        if (leg.flow === flow) this.#end(leg)
      })
    }
  }

  #otherOf(leg: Leg | undefined): Leg | undefined {
    return leg === leg?.call.a ? leg?.call.b : leg?.call.a
  }

  #soon(task: () => void): void {
    const { chance, habits, isFinishing } = this.#life
    if (habits.slowMs === 0 || isFinishing) task()
    else this.#life.later(chance.between(0, habits.slowMs / 4), task)
  }
}

/** The part of a SIP URI before the `@`. */
function userIn(text = ''): string {
  const from = text.indexOf('sip:') + 4
  const at = text.indexOf('@', from)
  return at === -1 ? '' : text.slice(from, at)
}
