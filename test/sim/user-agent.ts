import type { EngineEvent, RequestParts } from '../../engine/api.ts'
import type { HeaderLine, SipResponse } from '../../engine/message/message.ts'
import type { Application, Life } from './host.ts'
import type { Judge } from './judge.ts'

/** Who a user agent is and whom it calls. */
export interface UserAgentOptions {
  readonly user: string
  /** The front doors that it may call over. */
  readonly doors: readonly string[]
  readonly transport: 'udp' | 'tcp' | 'wss'
  /** Mean time between two calls; 0 for never. */
  readonly callEveryMs: number
  readonly callees: readonly string[]
  readonly isKnown: (address: string) => boolean
  readonly judge: Judge
}

type Request = Extract<EngineEvent, { kind: 'request' }>
type Response = Extract<EngineEvent, { kind: 'response' }>

const sdp: { readonly headers: readonly HeaderLine[]; readonly body: string } = {
  headers: [['Content-Type', 'application/sdp']],
  body: 'v=0\r\n',
}

/** Somebody with a phone: calls and is called, rings, refuses, hesitates, changes things in the middle and hangs up, all by chance. */
export class UserAgent implements Application {
  readonly #life: Life
  readonly #options: UserAgentOptions
  readonly #door: string
  /** Our connection to the door, over WebSocket only. */
  #flow: string | undefined
  #count = 0
  /** INVITEs of ours without final response: Call-ID by transaction. */
  readonly #calling = new Map<string, string>()
  /** INVITEs to us that we have not answered. */
  readonly #ringing = new Set<string>()
  readonly #calls = new Set<string>()
  /** Calls whose ACK could not leave. */
  readonly #unconfirmed = new Set<string>()
  /** Requests of ours in a call: the dialog by transaction. */
  readonly #asked = new Map<string, string>()

  constructor(life: Life, options: UserAgentOptions) {
    this.#life = life
    this.#options = options
    this.#door = life.chance.pick(options.doors)
    life.later(0, () => this.#signIn())
    if (options.callEveryMs > 0) this.#callLater()
  }

  onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case 'request':
        return this.#request(event)
      case 'response':
        return this.#response(event)
      case 'cancel':
        this.#ringing.delete(event.transaction)
        return
      case 'ack':
        return
      case 'dialog-ended':
        this.#calls.delete(event.dialog)
        return
      case 'flow-closed':
        return this.#lost(event.flow)
    }
  }

  finish(): void {
    for (const [transaction, callId] of this.#calling) this.#life.cancel(transaction, callId)
    for (const transaction of this.#ringing) this.#life.respond(transaction, { status: 486 })
    this.#ringing.clear()
    for (const dialog of this.#calls) this.#hangUp(dialog)
  }

  /** Opens the connection if there must be one, and says where we are. */
  #signIn(): void {
    const { transport, user } = this.#options
    if (this.#life.isFinishing) return
    if (transport === 'wss' && this.#flow === undefined) {
      this.#flow = this.#life.connect(this.#door, 'wss')
      if (this.#flow === undefined)
        return this.#life.later(this.#life.chance.wait(3000), () => this.#signIn())
    }
    this.#life.request({
      method: 'REGISTER',
      uri: `sip:${this.#door}`,
      headers: [['From', `<sip:${user}@sim>`]],
      ...this.#way(),
    })
    this.#life.later(this.#life.chance.between(20_000, 60_000), () => this.#signIn())
  }

  #callLater(): void {
    this.#life.later(this.#life.chance.wait(this.#options.callEveryMs), () => {
      if (this.#life.isFinishing) return
      this.#call()
      this.#callLater()
    })
  }

  #call(): void {
    const { user, callees, transport } = this.#options
    const { chance, habits } = this.#life
    if (transport === 'wss' && this.#flow === undefined) return
    const callId = `${this.#life.id}-${++this.#count}`
    const done = this.#life.request({
      method: 'INVITE',
      uri: `sip:${chance.pick(callees)}@${this.#door}${transport === 'tcp' ? ';transport=tcp' : ''}`,
      headers: [
        ['From', `<sip:${user}@sim>`],
        ['Call-ID', callId],
        [chance.is(0.1) ? 'Require' : 'Supported', '100rel'],
        ...sdp.headers,
      ],
      body: sdp.body,
      ...this.#way(),
    })
    if (!done.ok) return
    const { transaction } = done
    this.#calling.set(transaction, callId)
    if (!chance.is(habits.cancel)) return
    this.#life.later(chance.is(0.2) ? 0 : chance.between(0, 1.5 * habits.ringMs), () => {
      if (this.#calling.has(transaction)) this.#life.cancel(transaction, callId)
    })
  }

  #request(event: Request): void {
    const { transaction, dialog, request, source } = event
    if (!this.#options.isKnown(source.address)) {
      this.#life.respond(transaction, { status: 403 })
    } else if (request.method === 'BYE') {
      if (dialog !== undefined) this.#calls.delete(dialog)
      this.#life.respond(transaction, { status: 200 })
    } else if (request.method !== 'INVITE') {
      this.#soon(() => this.#life.respond(transaction, { status: 200 }))
    } else if (dialog === undefined) this.#invited(transaction)
    else this.#ring(transaction, () => this.#answer(transaction), this.#life.chance.is(0.2) ? 1000 : 0)
  }

  #invited(transaction: string): void {
    const { chance, habits, isFinishing } = this.#life
    if (isFinishing) return void this.#life.respond(transaction, { status: 503 })
    this.#ringing.add(transaction)
    if (chance.is(habits.silent)) return
    if (chance.is(habits.refuse)) {
      const status = chance.pick([404, 486, 488, 500, 600, 603])
      return this.#ring(transaction, () => this.#life.respond(transaction, { status }), chance.wait(500))
    }
    if (!chance.is(0.2)) this.#soon(() => this.#progress(transaction))
    if (!chance.is(habits.ringForever)) {
      this.#ring(transaction, () => this.#answer(transaction), chance.wait(habits.ringMs))
    }
  }

  #progress(transaction: string): void {
    if (!this.#ringing.has(transaction)) return
    const { chance, habits } = this.#life
    const isReliable = chance.is(habits.reliable)
    const headers: readonly HeaderLine[] = [
      ...(isReliable ? [['Require', '100rel'] as const] : []),
      ...(isReliable && chance.is(0.5) ? sdp.headers : []),
    ]
    const body = headers.length > 1 ? { body: sdp.body } : {}
    this.#life.respond(transaction, { status: chance.pick([180, 183]), headers, ...body })
    if (chance.is(0.3)) this.#soon(() => this.#progress(transaction))
  }

  /** Decides about an INVITE after a while, unless it has ended by then. */
  #ring(transaction: string, decide: () => void, ms: number): void {
    this.#ringing.add(transaction)
    this.#life.later(ms, () => {
      if (this.#ringing.delete(transaction)) decide()
    })
  }

  #answer(transaction: string): void {
    const done = this.#life.respond(transaction, { status: 200, ...sdp })
    if (done.ok && done.dialog !== undefined) this.#up(done.dialog)
  }

  #response({ transaction, dialog, response }: Response): void {
    const { status } = response
    const asked = this.#asked.get(transaction)
    if (status < 200) return dialog === undefined ? undefined : this.#acknowledge(dialog, response)
    this.#calling.delete(transaction)
    this.#asked.delete(transaction)
    if (dialog !== undefined && status < 300) {
      this.#soon(() => this.#confirm(dialog))
      this.#up(dialog)
    } else if (asked !== undefined && (status === 408 || status === 481)) {
      // RFC 3261 §12.2.1.2: whoever gets this to a request in a dialog ends the dialog.
      this.#hangUp(asked)
    }
  }

  /** Sends the ACK of a 2xx, if need be when the connection is back. */
  #confirm(dialog: string): void {
    this.#unconfirmed.delete(dialog)
    if (!this.#life.ack(dialog)) this.#unconfirmed.add(dialog)
  }

  #acknowledge(dialog: string, { headers }: SipResponse): void {
    const rack = `${headers.get('rseq')} ${headers.get('cseq')}`
    this.#life.request({ method: 'PRACK', dialog, headers: [['RAck', rack]], ...this.#way() })
  }

  #up(dialog: string): void {
    const { chance, habits, isFinishing } = this.#life
    if (this.#calls.has(dialog)) return
    this.#calls.add(dialog)
    if (isFinishing) return this.#soon(() => this.#hangUp(dialog))
    if (chance.is(0.7)) this.#life.later(chance.wait(habits.talkMs), () => this.#hangUp(dialog))
    this.#actLater(dialog)
  }

  #actLater(dialog: string): void {
    const { chance, habits, clock } = this.#life
    if (habits.actEveryMs === 0) return
    // On the stroke of five seconds the other party may do the same.
    const stroke = 5000 - (clock.now() % 5000)
    this.#life.later(chance.is(habits.glare) ? stroke : chance.wait(habits.actEveryMs), () => {
      if (!this.#calls.has(dialog) || this.#life.isFinishing) return
      this.#act(dialog, chance.pick(['INVITE', 'INVITE', 'INVITE', 'UPDATE', 'INFO', 'MESSAGE']))
      this.#actLater(dialog)
    })
  }

  #act(dialog: string, method: string): void {
    const body = method === 'INVITE' || method === 'UPDATE' ? sdp : {}
    const done = this.#life.request({ method, dialog, ...body, ...this.#way() })
    if (done.ok) this.#asked.set(done.transaction, dialog)
  }

  #hangUp(dialog: string): void {
    if (!this.#calls.delete(dialog)) return
    this.#life.request({ method: 'BYE', dialog, ...this.#way() })
  }

  #lost(flow: string): void {
    if (flow !== this.#flow) return
    this.#flow = undefined
    if (this.#calls.size > 0) this.#options.judge.point('flow-closed-in-call')
    this.#life.later(this.#life.chance.wait(2000), () => {
      this.#signIn()
      // A browser that is back takes its calls over (a request inside each).
      for (const dialog of this.#calls) this.#act(dialog, this.#life.chance.pick(['INVITE', 'INFO']))
      const waiting = [...this.#unconfirmed]
      for (const dialog of waiting) this.#confirm(dialog)
    })
  }

  #soon(task: () => void): void {
    const { chance, habits } = this.#life
    if (habits.slowMs === 0 || this.#life.isFinishing) task()
    else this.#life.later(chance.between(0, habits.slowMs), task)
  }

  #way(): Pick<RequestParts, 'flow'> {
    return this.#flow === undefined ? {} : { flow: this.#flow }
  }
}
