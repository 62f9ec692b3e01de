import type { Log } from '../../runtime/log.ts'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type {
  CallLog,
  LiveCall,
  Media,
  MediaStatistics,
  Onward,
  Placed,
  Placement,
  SipEdge,
} from '../ports.ts'
import type { Call, CallEvent, CallState, Effect, LegName, MediaVerb, TimerName } from './call.ts'
import { initial, step } from './call-state.ts'
import { inviteTo, type CallerFacts } from './b-leg.ts'
import type { MoveWord } from './move.ts'
import { isReanchored, nameOf, serverOf } from './state-facts.ts'
import { handedOut, phoneLeg } from './parties.ts'
import { Story } from './story.ts'
import type { LoanWord } from './transfer/loan.ts'
import type { Transfers } from './transfer/transfers.ts'
import type { Verdict } from './verdict.ts'

/** What a session carries out its effects with. */
export interface SessionPorts {
  readonly edge: SipEdge
  readonly media: Media
  readonly placement: Placement
  /** What calls tell of the peers of trunks. */
  readonly peers: { result(peer: string, answers: boolean): void }
  readonly callLog: CallLog
  readonly homes: Homes
  readonly transfers: Pick<Transfers, 'transfer'>
  readonly clock: Clock
  readonly log: Log
}

/** Where agents wait, and how to change that. */
export interface Homes {
  /** Moves an agent that is in no call away from `server`; resolves to where it then waits. */
  rehome(agent: string, server: string): Promise<Placed>
}

/** What a session tells about the ids it uses, so that events find it. */
export interface SessionIndex {
  /** Responses to the order `transaction` belong to this session. */
  watch(transaction: string, session: CallSession): void
  /** Requests inside `dialog` come from that leg of this session. */
  bind(dialog: string, session: CallSession, leg: LegName): void
  /** The call was the agent `from`'s until now. */
  handed(session: CallSession, from: string): void
  /** The incoming `transaction` got its final response. */
  answered(transaction: string): void
  over(session: CallSession): void
}

/** One call in progress: feeds events to the state machine and carries out what it says. */
export class CallSession {
  /** The agent's connection, when this call is with the agent. */
  flow: string | undefined
  /** Told how far a move has come. */
  onMove: ((word: MoveWord) => void) | undefined
  /** Told what becomes of the number that was to be lent to another call. */
  onLoan: ((word: LoanWord) => void) | undefined
  /** Told once both legs are up. */
  onUp: (() => void) | undefined
  #call: Call
  #state: CallState = initial
  readonly #facts: CallerFacts
  readonly #ports: SessionPorts
  readonly #index: SessionIndex
  readonly #timers = new Map<TimerName, () => void>()
  readonly #queue: CallEvent[] = []
  readonly #story: Story
  #measured: Promise<MediaStatistics | undefined> | undefined
  /** The agent has not spoken in its dialog yet since it moved to `flow`. */
  #hasMoved = false
  #agentDialog: string | undefined
  #busy = false

  constructor(
    call: Call,
    facts: CallerFacts,
    flow: string | undefined,
    ports: SessionPorts,
    index: SessionIndex,
  ) {
    this.#call = call
    this.flow = flow
    if (phoneLeg(call) === 'a') this.#agentDialog = call.dialog
    this.#facts = facts
    this.#ports = ports
    this.#index = index
    this.#story = new Story(call, ports.clock.wall())
    if (call.caller !== undefined) this.#story.isOn(call.caller.id)
  }

  get call(): Call {
    return this.#call
  }

  /** Who called. */
  get caller(): CallerFacts['caller'] {
    return this.#facts.caller
  }

  get state(): CallState {
    return this.#state
  }

  /** The media server of this call: where it is, or which was asked last. */
  get server(): string | undefined {
    return this.#story.server
  }

  /** Whether the agent's connection is lost, and the call waits for it. */
  get isAway(): boolean {
    return this.#timers.has('flow')
  }

  /** That with an agent's phone; undefined when this call has none, or it is not made yet. */
  get agentDialog(): string | undefined {
    return this.#agentDialog
  }

  /** The agent is reached over another connection from now on. */
  followTo(flow: string): void {
    this.flow = flow
    this.#hasMoved = true
    this.handle({ kind: 'flow-back' })
  }

  /** A client's call is another agent's from now on: its next media leg goes into that one's conference. */
  handTo(agent: string): void {
    const { agent: from } = this.#call
    this.#call = { ...this.#call, agent }
    this.#index.handed(this, from)
  }

  /** A leg of this call was another one's until now: whoever speaks in its dialog means this call. */
  adopt(dialog: string, leg: LegName): void {
    this.#index.bind(dialog, this, leg)
  }

  /** A client's call is about to leave for a trunk; undefined: it stays. */
  handOut(onward: Onward | undefined): void {
    const { onward: _, ...call } = this.#call
    this.#call = { ...call, ...(onward && { onward }) }
    this.#ports.callLog.changed(this.live())
  }

  /** Takes an event in; events that arise meanwhile wait for their turn. */
  handle(event: CallEvent): void {
    this.#queue.push(event)
    if (this.#busy) return
    this.#busy = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#advance(next)
    this.#busy = false
  }

  #advance(event: CallEvent): void {
    const before = this.#state
    const [after, ...effects] = step(this.call, before, event)
    this.#state = after
    const server = serverOf(after)
    if (server !== undefined) this.#story.isOn(server)
    if (event.kind === 'response' && event.dialog !== undefined && after.kind !== 'over') this.#bindB(event)
    for (const effect of effects) this.#carryOut(effect)
    if (isReanchored(before, after)) this.#ports.log.info('call.reanchored', { call: this.call.id })
    if (nameOf(before) !== nameOf(after)) this.#moved(before, after)
  }

  #flowTo(dialog: string): { readonly flow?: string } {
    const { flow } = this
    return this.#hasMoved && flow !== undefined && dialog === this.#agentDialog ? { flow } : {}
  }

  /** A dialog that an INVITE of ours has made: with the place that was asked, or with the server that a move goes to. */
  #bindB({ transaction, dialog = '' }: Extract<CallEvent, { kind: 'response' }>): void {
    const move = this.#state.kind === 'up' ? this.#state.move : undefined
    const isMove = move?.branch === transaction
    if (!isMove && phoneLeg(this.call) === 'b') this.#agentDialog ??= dialog
    this.#index.bind(dialog, this, isMove ? move.leg : 'b')
  }

  #moved(before: CallState, state: CallState): void {
    if (state.kind === 'over') {
      for (const cancel of this.#timers.values()) cancel()
      this.#timers.clear()
      this.#index.over(this)
      return
    }
    if (state.kind === 'up' && before.kind !== 'up') this.#story.answered(this.#ports.clock.wall())
    this.#ports.callLog.changed(this.live())
    if (state.kind === 'up' && before.kind !== 'up') this.onUp?.()
  }

  #carryOut(effect: Effect): void {
    const { edge } = this.#ports
    switch (effect.kind) {
      case 'respond':
        return this.#respond(effect)
      case 'dial': {
        const { place, branch, sdp } = effect
        if (place.kind === 'outside' && place.flow !== undefined) this.flow = place.flow
        this.#index.watch(branch, this)
        return edge.request(inviteTo(place, this.call, this.#facts, branch, sdp))
      }
      case 'ask':
        this.#index.watch(effect.transaction, this)
        return edge.request({ ...effect, ...this.#flowTo(effect.dialog) })
      case 'cancel':
        return edge.cancel(effect.branch)
      case 'ack':
        return edge.ack(effect.dialog, effect.body)
      case 'bye': {
        const { dialog, reason } = effect
        return edge.request({
          transaction: `${this.call.id}-bye-${dialog}`,
          method: 'BYE',
          dialog,
          ...(reason !== undefined && { headers: [['Reason', reason]] }),
          ...this.#flowTo(dialog),
        })
      }
      case 'invite':
      case 'offer':
      case 'answer':
        return this.#exchange(effect)
      case 'drop-media':
        return this.#inBackground('drop-media', this.#ports.media.drop(effect.media, effect.tag))
      case 'end-media':
        return this.#endMedia(effect.media)
      case 'transfer':
        return this.#transfer(effect)
      default:
        return this.#keepBooks(effect)
    }
  }

  #endMedia(media: string): void {
    const ended = this.#ports.media.end(media)
    this.#inBackground('end-media', ended)
    this.#measured = ended.catch(() => undefined)
  }

  #respond(effect: Extract<Effect, { kind: 'respond' }>): void {
    const { transaction, status } = effect
    // From the first word with a tag on the caller may speak inside the dialog (RFC 3261 §12.1).
    if (transaction === this.call.transaction && status > 100 && status <= 299)
      this.#index.bind(this.call.dialog, this, 'a')
    this.#ports.edge.respond(effect)
    if (status >= 200) this.#index.answered(transaction)
  }

  #keepBooks(effect: BookEffect): void {
    const { placement } = this.#ports
    const { id: call, agent } = this.call
    switch (effect.kind) {
      case 'place':
        return this.#placed(placement.place({ call, agent, exclude: effect.exclude }))
      case 'rehome':
        return this.#placed(this.#ports.homes.rehome(agent, effect.server))
      case 'release':
        return this.#inBackground('release', placement.release(call))
      case 'start-timer':
        return this.#startTimer(effect.timer, effect.ms)
      case 'stop-timer':
        this.#timers.get(effect.timer)?.()
        this.#timers.delete(effect.timer)
        return
      case 'settle':
        return this.#inBackground('settle', placement.settled({ call, agent, server: effect.server }))
      case 'leave':
        return this.#inBackground('leave', placement.left({ call, agent, isLost: effect.isLost }))
      case 'judge':
        return this.#judge(effect)
      case 'move-told':
        if (effect.outcome === 'moved') this.#hasSettled()
        return this.onMove?.(effect)
      case 'loan-told':
        return this.onLoan?.(effect.word)
      case 'record':
        return this.#record(effect.verdict, effect.status)
    }
  }

  /** A move is done, maybe to another agent. */
  #hasSettled(): void {
    const { agent } = this.call
    if (serverOf(this.#state) === undefined) {
      this.#call = handedOut(this.#call)
      this.#index.handed(this, agent)
      this.#story.server = undefined
    } else this.#story.isWith(agent)
    this.#ports.callLog.changed(this.live())
  }

  #judge({ place, outcome }: Extract<Effect, { kind: 'judge' }>): void {
    if (place.kind === 'server') this.#ports.placement.result(place.server.id, outcome)
    else if (place.kind === 'outside' && place.flow === undefined)
      this.#ports.peers.result(place.id, outcome === 'succeeded')
  }

  #placed(placed: Promise<Placed>): void {
    placed.then(
      outcome =>
        this.handle(
          outcome.kind === 'placed' ? outcome : { kind: 'not-placed', retryAfterSec: outcome.retryAfterSec },
        ),
      (cause: unknown) => {
        this.#ports.log.error('call.place-failed', { call: this.call.id, cause: messageOf(cause) })
        this.handle({ kind: 'not-placed', retryAfterSec: 5 })
      },
    )
  }

  #exchange({ kind, key, exchange }: Extract<Effect, { kind: MediaVerb }>): void {
    const { media, log } = this.#ports
    const told = kind === 'answer' ? 'media-answered' : 'media-offered'
    media[kind](exchange).then(
      sdp => this.handle({ kind: told, key, sdp }),
      (cause: unknown) => {
        log.warn('call.media-failed', { call: this.call.id, cause: messageOf(cause) })
        const isRefused = cause instanceof PorticoError && cause.code === 'E_MEDIA_SDP'
        this.handle({ kind: 'media-failed', key, isRefused })
      },
    )
  }

  #transfer({ to }: Extract<Effect, { kind: 'transfer' }>): void {
    const { agent, id: call } = this.call
    this.#ports.transfers.transfer({ agent, to }).then(
      status => this.handle({ kind: 'transferred', status }),
      (cause: unknown) => {
        this.#ports.log.error('call.transfer-failed', { call, cause: messageOf(cause) })
        this.handle({ kind: 'transferred', status: 500 })
      },
    )
  }

  #startTimer(timer: TimerName, ms: number): void {
    this.#timers.get(timer)?.()
    this.#timers.set(
      timer,
      this.#ports.clock.after(ms, () => {
        this.#timers.delete(timer)
        this.handle({ kind: 'timer', timer })
      }),
    )
  }

  #record(verdict: Verdict, status: number): void {
    const caller = this.#facts.caller.user
    const end = { verdict, status, caller, at: this.#ports.clock.wall() }
    this.#ports.callLog.over(this.#story.record(this.live(), end), this.#measured)
  }

  /** The call as others may see it now. */
  live(): LiveCall {
    return this.#story.live(this.call, this.#state)
  }

  #inBackground(what: string, work: Promise<unknown>): void {
    work.catch((cause: unknown) =>
      this.#ports.log.warn(`call.${what}-failed`, { call: this.call.id, cause: messageOf(cause) }),
    )
  }
}

type BookEffect = Extract<
  Effect,
  {
    kind:
      | 'place'
      | 'rehome'
      | 'release'
      | 'start-timer'
      | 'stop-timer'
      | 'settle'
      | 'leave'
      | 'judge'
      | 'move-told'
      | 'loan-told'
      | 'record'
  }
>
