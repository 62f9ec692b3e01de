import type { Core } from '../core.ts'
import {
  beginRepeat,
  stepRepeat,
  type RepeatEvent,
  type Repetition,
  type RepeatState,
} from '../dialog/repeat.ts'
import type { Step } from '../transaction/effects.ts'
import { Alarm, type Ringing } from '../transaction/wheel.ts'

/** What a response that waits to be acknowledged asks of its owner. */
export interface RepeatDuties {
  readonly send: (bytes: Buffer) => void
  /** Nobody has acknowledged it in time. */
  readonly overdue: () => void
}

/** A response of ours, repeated until the peer acknowledges it; the next one may follow then. */
export class Repeated implements Ringing {
  readonly #core: Core
  readonly #repetition: Repetition
  readonly #duties: RepeatDuties
  readonly #alarm = new Alarm(this)
  #state: RepeatState = { kind: 'over' }

  constructor(core: Core, repetition: Repetition, duties: RepeatDuties) {
    this.#core = core
    this.#repetition = repetition
    this.#duties = duties
  }

  get isWaiting(): boolean {
    return this.#state.kind === 'waiting'
  }

  /** The response `bytes` has just been sent. */
  begin(bytes: Buffer): void {
    this.#carryOut(beginRepeat(bytes, this.#repetition, this.#core.clock.now()))
  }

  acknowledge(): void {
    this.#step('acknowledged')
  }

  /** There is nothing to wait for any more. */
  stop(): void {
    this.#state = { kind: 'over' }
    this.#core.wheel.clear(this.#alarm)
  }

  ring(): void {
    this.#step('ring')
  }

  #step(event: RepeatEvent): void {
    this.#carryOut(stepRepeat(this.#state, event, this.#core.clock.now()))
  }

  #carryOut([state, ...effects]: Step<RepeatState>): void {
    this.#state = state
    for (const effect of effects) {
      if (effect.kind === 'start') this.#core.wheel.set(this.#alarm, effect.timer, effect.at)
      else if (effect.kind === 'stop') this.#core.wheel.clear(this.#alarm)
      else if (effect.kind === 'timeout') this.#duties.overdue()
      else if (effect.kind === 'send') {
        this.#core.counts.responsesAgain.add()
        this.#duties.send(effect.bytes)
      }
    }
  }
}
