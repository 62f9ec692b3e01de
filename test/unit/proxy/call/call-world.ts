import type { Call, CallEvent, CallState, Effect, LegName, TimerName } from '../../../../proxy/call/call.ts'
import { initial, step } from '../../../../proxy/call/call-state.ts'
import { ms1, ms2, onMs1, onMs2, peer } from './fixtures.ts'

type Next = () => void

/** Somebody that the agent talks to in another call. */
const talk = { kind: 'talk', dialog: 'd-talk', told: 'o=talk' } as const

/** What an agent wants when it refers. */
const referral = { kind: 'asked', to: { kind: 'agent', agent: 'bob' }, isSilent: false } as const

/** Everything around one call, played at random: peers, media anchor, selector and clocks. What it lends must come back. */
export class CallWorld {
  /** What happened and what followed, for whoever has to find out why. */
  readonly story: string[] = []
  readonly #call: Call
  #state: CallState = initial
  /** Orders that will be answered, by the order. */
  readonly #invites = new Set<string>()
  readonly #asks = new Map<string, { readonly method: string; readonly leg: LegName }>()
  readonly #exchanges: { readonly key: string; readonly verb: string; readonly media: string }[] = []
  readonly #timers = new Set<TimerName>()
  readonly #dialogs = new Map<string, LegName>()
  readonly #unacked = new Set<string>()
  readonly #media = new Set<string>()
  /** Our transactions that the call must answer. */
  readonly #owed = new Set<string>()
  readonly #answeredTwice: string[] = []
  #choices = 0
  #isReserved = false
  #isSettled = false
  #records = 0
  #count = 0
  #isCallerGone = false

  constructor(call: Call) {
    this.#call = call
    this.#owed.add(call.transaction)
    this.#tell({ kind: 'began' })
  }

  /** Something that can happen now happens. */
  happen(chance: number): void {
    const can = [...this.#answers(chance), ...this.#strokes(chance)]
    can[chance % can.length]?.()
  }

  /** Everything that was asked is answered, and whoever still talks hangs up. */
  finish(): void {
    for (let turn = 0; turn < 500; turn++) {
      const [next] = this.#answers(turn)
      if (next) next()
      else if (this.#state.kind !== 'over') this.#tell({ kind: 'hang-up' })
      else return
    }
    throw new Error(`it does not end:\n${this.story.join('\n')}`)
  }

  /** What is left over; empty when all is as it should be. */
  debts(): readonly string[] {
    return [
      ...(this.#records === 1 ? [] : [`${this.#records} verdicts`]),
      ...(this.#isReserved ? ['a reservation'] : []),
      ...(this.#isSettled ? ['a pin'] : []),
      ...[...this.#media].map(media => `media ${media}`),
      ...[...this.#dialogs.keys()].map(dialog => `dialog ${dialog}`),
      ...[...this.#unacked].map(dialog => `no ACK in ${dialog}`),
      ...[...this.#owed].map(transaction => `no answer to ${transaction}`),
      ...this.#answeredTwice.map(transaction => `two answers to ${transaction}`),
    ]
  }

  /** What the call waits for. */
  #answers(chance: number): readonly Next[] {
    return [
      ...(this.#choices > 0 ? [() => this.#choose(chance)] : []),
      ...this.#exchanges.map(exchange => () => this.#exchanged(exchange, chance)),
      ...[...this.#invites].map(branch => () => this.#answerInvite(branch, chance)),
      ...[...this.#asks.keys()].map(ask => () => this.#answerAsk(ask, chance)),
    ]
  }

  /** What comes out of the blue. */
  #strokes(chance: number): readonly Next[] {
    const legs = [...this.#dialogs]
    return [
      ...[...this.#timers].map(timer => () => this.#ring(timer)),
      ...(this.#owed.has(this.#call.transaction) ? [() => this.#cancel()] : []),
      ...legs.map(
        ([dialog, leg]) =>
          () =>
            this.#request(dialog, leg, chance),
      ),
      ...legs.map(
        ([dialog, leg]) =>
          () =>
            this.#lose(dialog, leg),
      ),
      ...legs.map(
        ([, leg]) =>
          () =>
            this.#tell({ kind: 'acked', leg, ...this.#body(chance) }),
      ),
      ...[...this.#owed].slice(1).map(transaction => () => this.#withdraw(transaction)),
      () => this.#tell({ kind: 'server-lost' }),
      () => this.#loseMedia(),
      () => this.#tell({ kind: 'flow-closed' }),
      () => this.#tell({ kind: 'flow-back' }),
      () =>
        this.#tell({
          kind: 'move',
          place: [onMs1, onMs2, peer('p9'), talk][chance % 4] ?? onMs1,
          isLost: chance % 3 === 0,
        }),
      () => this.#tell({ kind: 'switch' }),
      () => this.#tell({ kind: 'accepted', sdp: `o=t${chance}` }),
      ...(this.#call.kind === 'consult-out' ? this.#loans(chance) : []),
      () => this.#tell({ kind: 'stay' }),
      () => this.#tell({ kind: 'transferred', status: 200 }),
    ]
  }

  /** The client's call wants the number that this one is with. */
  #loans(chance: number): readonly Next[] {
    const { loan } = this.#state.kind === 'up' ? this.#state : {}
    return [
      () => this.#tell({ kind: 'lend', sdp: `o=l${chance}` }),
      () => this.#tell({ kind: 'take-back' }),
      () => {
        const other = loan?.stage === 'lent' ? [...this.#dialogs].find(([, leg]) => leg === 'b') : undefined
        if (other) this.#dialogs.delete(other[0])
        this.#tell({ kind: 'given' })
      },
    ]
  }

  #tell(event: CallEvent): void {
    const before = this.#state
    const [after, ...effects] = step(this.#call, before, event)
    const met = legTo(talk.dialog, after)
    if (met && !legTo(talk.dialog, before)) this.#dialogs.set(talk.dialog, met)
    this.story.push(
      `${this.#state.kind} ${JSON.stringify(event)} → ${after.kind}: ${effects.map(e => e.kind).join(' ')}`,
    )
    this.#state = after
    for (const effect of effects) this.#carryOut(effect)
    if (after.kind === 'over') this.#timers.clear()
  }

  #choose(chance: number): void {
    this.#choices -= 1
    if (chance % 4 === 0) return this.#tell({ kind: 'not-placed', retryAfterSec: 5 })
    this.#isReserved = this.#call.target.kind === 'any-server'
    this.#tell({ kind: 'placed', server: chance % 2 ? ms1 : ms2 })
  }

  #exchanged(
    exchange: { readonly key: string; readonly verb: string; readonly media: string },
    chance: number,
  ): void {
    this.#exchanges.splice(this.#exchanges.indexOf(exchange), 1)
    const { key, verb, media } = exchange
    if (chance % 7 === 0) return this.#tell({ kind: 'media-failed', key })
    if (verb === 'invite') this.#media.add(media)
    this.#tell({ kind: verb === 'answer' ? 'media-answered' : 'media-offered', key, sdp: `o=m${chance}` })
  }

  #answerInvite(branch: string, chance: number): void {
    const status = [180, 183, 200, 200, 200, 486, 503][chance % 7] ?? 200
    const local = status === 503 && chance % 2 === 0
    const event = { kind: 'response', transaction: branch, status, local, ...this.#body(chance) } as const
    if (status >= 200) this.#invites.delete(branch)
    if (status !== 200) return this.#tell(event)
    const dialog = `d-${branch}`
    const move = this.#state.kind === 'up' ? this.#state.move : undefined
    this.#dialogs.set(dialog, move?.branch === branch ? move.leg : 'b')
    this.#unacked.add(dialog)
    this.#tell({ ...event, dialog })
  }

  #answerAsk(transaction: string, chance: number): void {
    const ask = this.#asks.get(transaction)
    this.#asks.delete(transaction)
    const status = [200, 200, 488, 491, 481, 503][chance % 6] ?? 200
    const dialog = `d-${ask?.leg}`
    const made = ask?.method === 'INVITE' && status === 200 ? { dialog } : {}
    this.#tell({
      kind: 'response',
      transaction,
      status,
      local: status === 503,
      ...made,
      ...this.#body(chance),
    })
  }

  #ring(timer: TimerName): void {
    this.#timers.delete(timer)
    this.#tell({ kind: 'timer', timer })
  }

  #cancel(): void {
    this.#owed.delete(this.#call.transaction)
    this.#isCallerGone = true
    this.#tell({ kind: 'cancelled' })
  }

  #withdraw(transaction: string): void {
    this.#owed.delete(transaction)
    this.#tell({ kind: 'relay-cancelled', transaction })
  }

  #request(dialog: string, leg: LegName, chance: number): void {
    const method = ['INVITE', 'UPDATE', 'INFO', 'MESSAGE', 'BYE', 'OPTIONS', 'REFER'][chance % 7] ?? 'BYE'
    const transaction = `in-${(this.#count += 1)}`
    this.#owed.add(transaction)
    if (method === 'BYE') this.#dialogs.delete(dialog)
    this.#tell({
      kind: 'request',
      leg,
      dialog,
      transaction,
      method,
      headers: [],
      ...this.#body(chance),
      ...(method === 'REFER' && { referral }),
    })
  }

  #lose(dialog: string, leg: LegName): void {
    this.#dialogs.delete(dialog)
    this.#unacked.delete(dialog)
    this.#tell({ kind: 'dialog-ended', leg, dialog })
  }

  /** Its media anchor dies, and has nothing of it any more. */
  #loseMedia(): void {
    if (this.#state.kind !== 'up') return
    const { media } = this.#state
    this.#media.delete(media)
    this.#tell({ kind: 'media-lost', media })
  }

  #body(chance: number): { readonly body?: { readonly type: string; readonly content: string } } {
    return chance % 5 === 0 ? {} : { body: { type: 'application/sdp', content: `m=audio ${chance}` } }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'place':
      case 'rehome':
        return void (this.#choices += 1)
      case 'invite':
      case 'offer':
      case 'answer':
        this.#exchanges.push({ key: effect.key, verb: effect.kind, media: effect.exchange.call })
        return
      case 'end-media':
        return void this.#media.delete(effect.media)
      case 'start-timer':
        return void this.#timers.add(effect.timer)
      case 'stop-timer':
        return void this.#timers.delete(effect.timer)
      case 'release':
        this.#isReserved = false
        return
      case 'settle':
        this.#isSettled = true
        return
      case 'leave':
        this.#isSettled = false
        return
      case 'record':
        return void (this.#records += 1)
      default:
        return this.#signal(effect)
    }
  }

  #signal(effect: Effect): void {
    switch (effect.kind) {
      case 'dial':
        return void this.#invites.add(effect.branch)
      case 'ask':
        return void this.#asks.set(effect.transaction, effect)
      case 'ack':
        return void this.#unacked.delete(effect.dialog)
      case 'bye':
        // RFC 3261 §15: no BYE before the ACK of the dialog.
        if (this.#unacked.has(effect.dialog)) this.#answeredTwice.push(`BYE before ACK in ${effect.dialog}`)
        return void this.#dialogs.delete(effect.dialog)
      case 'respond':
        return this.#respond(effect.transaction, effect.status)
      default:
    }
  }

  #respond(transaction: string, status: number): void {
    if (status < 200) return
    const isCancelled = transaction === this.#call.transaction && this.#isCallerGone
    if (!this.#owed.delete(transaction) && !isCancelled) this.#answeredTwice.push(transaction)
    if (transaction === this.#call.transaction && status < 300) this.#dialogs.set(this.#call.dialog, 'a')
  }
}

/** The leg of a call that is up in that dialog. */
function legTo(dialog: string, state: CallState): LegName | undefined {
  if (state.kind !== 'up') return undefined
  return (['a', 'b'] as const).find(leg => state.legs[leg].dialog === dialog)
}
