import type { Log } from '../../runtime/log.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { CallLog, LiveCall, Media, MediaExchange, MediaParty, Placement, SipEdge } from '../ports.ts'
import type { Call, CallEvent, CallState, Effect, LegName, TimerName } from './call.ts'
import { initial, step } from './call-state.ts'
import { inviteTo, type CallerFacts } from './b-leg.ts'
import type { Verdict } from './verdict.ts'

/** What a session carries out its effects with. */
export interface SessionPorts {
  readonly edge: SipEdge
  readonly media: Media
  readonly placement: Placement
  readonly callLog: CallLog
  readonly clock: Clock
  readonly log: Log
}

/** What a session tells about the ids it uses, so that events find it. */
export interface SessionIndex {
  /** Responses to the order `transaction` belong to this session. */
  watch(transaction: string, session: CallSession): void
  /** Requests inside `dialog` come from that leg of this session. */
  bind(dialog: string, session: CallSession, leg: LegName): void
  /** The incoming `transaction` got its final response. */
  answered(transaction: string): void
  over(session: CallSession): void
}

/** One call in progress: feeds events to the state machine and carries out what it says. */
export class CallSession {
  readonly call: Call
  /** The connection on which the caller was heard last. */
  flow: string | undefined
  /** The media server that was asked last. */
  server: string | undefined
  #state: CallState = initial
  readonly #facts: CallerFacts
  readonly #ports: SessionPorts
  readonly #index: SessionIndex
  readonly #timers = new Map<TimerName, () => void>()
  readonly #queue: CallEvent[] = []
  readonly #since: number
  #answeredAt: number | undefined
  #busy = false

  constructor(
    call: Call,
    facts: CallerFacts,
    flow: string | undefined,
    ports: SessionPorts,
    index: SessionIndex,
  ) {
    this.call = call
    this.flow = flow
    this.server = call.server?.id
    this.#facts = facts
    this.#ports = ports
    this.#index = index
    this.#since = ports.clock.wall()
  }

  get state(): CallState {
    return this.#state
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
    if ('server' in after) this.server = after.server.id
    if ('dialog' in event && event.dialog !== undefined && after.kind !== 'over')
      this.#index.bind(event.dialog, this, 'b')
    for (const effect of effects) this.#carryOut(effect)
    if (before.kind !== after.kind) this.#moved(after)
  }

  #moved(state: CallState): void {
    if (state.kind === 'over') {
      for (const cancel of this.#timers.values()) cancel()
      this.#timers.clear()
      this.#index.over(this)
      return
    }
    if (state.kind === 'up') {
      this.#answeredAt = this.#ports.clock.wall()
      this.#index.bind(this.call.dialog, this, 'a')
    }
    this.#ports.callLog.changed(this.live())
  }

  #carryOut(effect: Effect): void {
    const { edge, media, placement } = this.#ports
    switch (effect.kind) {
      case 'place':
        return this.#place(effect.exclude)
      case 'release':
        return this.#inBackground('release', placement.release(this.call.id))
      case 'offer':
      case 'answer':
        return this.#exchange(effect)
      case 'end-media':
        return this.#inBackground('end-media', media.end(effect.branch))
      case 'respond':
        edge.respond(effect)
        if (effect.status >= 200) this.#index.answered(effect.transaction)
        return
      case 'dial':
        this.#index.watch(effect.branch, this)
        return edge.request(inviteTo(effect.server, this.call, this.#facts, effect.branch, effect.sdp))
      case 'ask':
        this.#index.watch(effect.transaction, this)
        return edge.request(effect)
      case 'cancel':
        return edge.cancel(effect.branch)
      case 'ack':
        return edge.ack(effect.dialog)
      case 'bye':
        return edge.request({
          transaction: `${this.call.id}-bye-${effect.dialog}`,
          method: 'BYE',
          dialog: effect.dialog,
        })
      default:
        return this.#keepBooks(effect)
    }
  }

  #keepBooks(
    effect: Extract<Effect, { kind: 'start-timer' | 'stop-timer' | 'settle' | 'leave' | 'judge' | 'record' }>,
  ): void {
    const { placement } = this.#ports
    const { id: call, agent } = this.call
    switch (effect.kind) {
      case 'start-timer':
        return this.#startTimer(effect.timer, effect.ms)
      case 'stop-timer':
        this.#timers.get(effect.timer)?.()
        this.#timers.delete(effect.timer)
        return
      case 'settle':
        return this.#inBackground('settle', placement.settled({ call, agent, server: effect.server }))
      case 'leave':
        return this.#inBackground('leave', placement.left({ call, agent }))
      case 'judge':
        return placement.result(effect.server, effect.outcome)
      case 'record':
        return this.#record(effect.verdict, effect.status)
    }
  }

  #place(exclude: readonly string[]): void {
    const { id: call, agent } = this.call
    this.#ports.placement.place({ call, agent, exclude }).then(
      placed =>
        this.handle(
          placed.kind === 'placed' ? placed : { kind: 'not-placed', retryAfterSec: placed.retryAfterSec },
        ),
      (cause: unknown) => {
        this.#ports.log.error('call.place-failed', { call, cause: messageOf(cause) })
        this.handle({ kind: 'not-placed', retryAfterSec: 5 })
      },
    )
  }

  #exchange(effect: Extract<Effect, { kind: 'offer' | 'answer' }>): void {
    const { media, log } = this.#ports
    const { key } = effect
    const told = effect.kind === 'offer' ? 'media-offered' : 'media-answered'
    const exchange = this.#mediaExchange(effect)
    const verb = effect.kind === 'answer' ? 'answer' : this.#state.kind === 'up' ? 'offer' : 'invite'
    media[verb](exchange).then(
      sdp => this.handle({ kind: told, key, sdp }),
      (cause: unknown) => {
        log.warn('call.media-failed', { call: this.call.id, cause: messageOf(cause) })
        this.handle({ kind: 'media-failed', key })
      },
    )
  }

  #mediaExchange({ from, branch, sdp }: Extract<Effect, { kind: 'offer' | 'answer' }>): MediaExchange {
    const a: MediaParty = { tag: 'a', side: this.call.aSide }
    const b: MediaParty = { tag: 'b', side: 'server' }
    return { call: branch, ...(from === 'a' ? { from: a, to: b } : { from: b, to: a }), sdp }
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
    const endedAt = this.#ports.clock.wall()
    const answered = this.#answeredAt === undefined ? {} : { answeredAt: this.#answeredAt }
    this.#ports.callLog.over({ ...this.live(), verdict, status, ...answered, endedAt })
  }

  /** The call as others may see it now. */
  live(): LiveCall {
    const { id, kind, agent, trunk } = this.call
    const { server } = this
    return {
      id,
      kind,
      agent,
      ...(trunk !== undefined && { trunk }),
      ...(server !== undefined && { server }),
      state: this.#state.kind,
      since: this.#since,
    }
  }

  #inBackground(what: string, work: Promise<unknown>): void {
    work.catch((cause: unknown) =>
      this.#ports.log.warn(`call.${what}-failed`, { call: this.call.id, cause: messageOf(cause) }),
    )
  }
}
