import type { Core, ServerTx } from '../core.ts'
import { beginAnswer, stepAnswer, type AnswerEvent, type AnswerState } from '../dialog/answer.ts'
import type { Step } from '../transaction/effects.ts'
import { Alarm, type Ringing } from '../transaction/wheel.ts'

/** Our 2xx to an INVITE: repeats itself until `acknowledge`, and calls `onOverdue` when that never comes. */
export class LiveAnswer implements Ringing {
  readonly cseq: number
  readonly transaction: ServerTx
  readonly #core: Core
  readonly #status: number
  readonly #onOverdue: () => void
  readonly #alarm = new Alarm(this)
  #state: AnswerState

  constructor(
    core: Core,
    transaction: ServerTx,
    sent: { readonly cseq: number; readonly status: number; readonly bytes: Buffer },
    onOverdue: () => void,
  ) {
    this.cseq = sent.cseq
    this.transaction = transaction
    this.#core = core
    this.#status = sent.status
    this.#onOverdue = onOverdue
    const begun = beginAnswer(sent.bytes, core.clock.now())
    this.#state = begun[0]
    this.#carryOut(begun)
  }

  acknowledge(): void {
    this.#step('ack')
  }

  /** The dialog is over: there is nothing to wait for. */
  drop(): void {
    this.#state = { kind: 'over' }
    this.#core.wheel.clear(this.#alarm)
  }

  ring(): void {
    this.#core.counts.responsesAgain.add()
    this.#step('ring')
  }

  #step(event: AnswerEvent): void {
    const stepped = stepAnswer(this.#state, event, this.#core.clock.now())
    this.#state = stepped[0]
    this.#carryOut(stepped)
  }

  #carryOut([, ...effects]: Step<AnswerState>): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.transaction.respond(this.#status, effect.bytes)
      else if (effect.kind === 'start') this.#core.wheel.set(this.#alarm, effect.timer, effect.at)
      else if (effect.kind === 'stop') this.#core.wheel.clear(this.#alarm)
      else if (effect.kind === 'timeout') this.#onOverdue()
    }
  }
}
