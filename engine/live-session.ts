import type { Core } from './core.ts'
import type { SessionTerms } from './dialog/session-terms.ts'
import {
  noSession,
  stepSession,
  type SessionEvent,
  type SessionState,
  type SessionStep,
} from './dialog/session-timer.ts'
import { Alarm, type Ringing } from './transaction/wheel.ts'

/** What a session timer asks of its dialog. */
export interface SessionDuties {
  readonly refresh: () => void
  readonly expire: () => void
}

/** Why a refresh of ours failed, and when to try again. */
export type Refused = Omit<Extract<SessionEvent, { kind: 'refused' }>, 'kind'>

/** The session timer of one dialog, running. */
export class LiveSession implements Ringing {
  /** The peer has said that it takes UPDATE. */
  peerTakesUpdate = false
  readonly #core: Core
  readonly #duties: SessionDuties
  readonly #alarm = new Alarm(this)
  #state: SessionState = noSession

  constructor(core: Core, duties: SessionDuties) {
    this.#core = core
    this.#duties = duties
  }

  /** Undefined while there is no timer. */
  get terms(): SessionTerms | undefined {
    return this.#state.kind === 'off' ? undefined : this.#state.terms
  }

  /** A 2xx to an INVITE or UPDATE has stated `terms`. */
  agreed(terms: SessionTerms | undefined): void {
    this.#step({ kind: 'agreed', terms })
  }

  /** Our refresh got no 2xx. */
  refused(refusal: Refused): void {
    this.#step({ kind: 'refused', ...refusal })
  }

  /** The dialog is over. */
  stop(): void {
    this.#state = noSession
    this.#core.wheel.clear(this.#alarm)
  }

  ring(): void {
    this.#step({ kind: 'ring' })
  }

  #step(event: SessionEvent): void {
    const stepped = stepSession(this.#state, event, this.#core.clock.now())
    this.#state = stepped[0]
    this.#carryOut(stepped)
  }

  #carryOut([, ...effects]: SessionStep): void {
    for (const effect of effects) {
      if (effect.kind === 'wake') this.#core.wheel.set(this.#alarm, 'session', effect.at)
      else if (effect.kind === 'sleep') this.#core.wheel.clear(this.#alarm)
      else if (effect.kind === 'refresh') this.#duties.refresh()
      else this.#duties.expire()
    }
  }
}
