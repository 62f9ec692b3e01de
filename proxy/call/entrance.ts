import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Order, OrderOutcome, Orders } from '../../selector/store/store.ts'
import type { Placement } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import type { Calls } from './calls.ts'
import { agentLeg } from './parties.ts'
import { mayEnter, type SecondSession } from './second-session.ts'

export interface EntranceOptions {
  readonly rule: SecondSession
  readonly calls: Calls
  readonly placement: Pick<Placement, 'whereIs'>
  /** How other doors are asked for a leg of theirs. */
  readonly orders: Pick<Orders, 'give'>
  readonly clock: Clock
  readonly log: Log
}

/** One session per agent: who may enter a second time, and which leg then ends. */
export class Entrance {
  readonly #options: EntranceOptions

  constructor(options: EntranceOptions) {
    this.#options = options
  }

  /** Whether the agent may enter now, over the connection `flow`. `entered` is to be called with the leg, when it is up. */
  async admit(
    agent: string,
    flow?: string,
  ): Promise<{ readonly entered: (session: CallSession) => void } | undefined> {
    const { rule, calls } = this.#options
    if (!mayEnter(rule, legsOf(calls, agent), flow)) return undefined
    const elsewhere = this.#elsewhere(agent)
    if (rule === 'replace') return { entered: session => this.#entered(session, elsewhere) }
    const call = await elsewhere
    const outcome = call === undefined ? undefined : await this.#ask(call, flow)
    // Whoever asked at the same time may be in by now.
    if (outcome?.kind === 'refused' || !mayEnter(rule, legsOf(calls, agent), flow)) return undefined
    return { entered: session => this.#entered(session) }
  }

  /** Another door wants a leg to give way to a newer one there; undefined when it is not here. */
  giveWay({ call, flow }: GiveWay): OrderOutcome | undefined {
    const session = this.#options.calls.byId(call)
    if (session === undefined) return undefined
    if (!mayEnter(this.#options.rule, [session], flow)) return { kind: 'refused', reason: 'in-session' }
    session.handle({ kind: 'replaced' })
    return { kind: 'done', calls: [call] }
  }

  /** Whoever was here before goes: only now, so that the conference is never without its agent. */
  #entered(session: CallSession, elsewhere?: Promise<string | undefined>): void {
    for (const older of legsOf(this.#options.calls, session.call.agent)) {
      if (older === session) break
      older.handle({ kind: 'replaced' })
    }
    void elsewhere?.then(call => (call === undefined ? undefined : this.#ask(call)))
  }

  /** The call that is the agent's leg at another door. */
  async #elsewhere(agent: string): Promise<string | undefined> {
    const { placement, calls, log } = this.#options
    try {
      const place = await placement.whereIs(agent)
      return place && calls.byId(place.call) === undefined ? place.call : undefined
    } catch (cause) {
      log.warn('agent.other-leg-unknown', { agent, cause: messageOf(cause) })
      return undefined
    }
  }

  /** Undefined when no door answers in time that it has the call: whoever had it is gone. */
  async #ask(call: string, flow?: string): Promise<OrderOutcome | undefined> {
    const { orders, clock, log } = this.#options
    let cancel: (() => void) | undefined
    const late = new Promise<undefined>(resolve => {
      cancel = clock.after(answerMs, () => resolve(undefined))
    })
    try {
      return await Promise.race([
        orders.give({ kind: 'give-way', call, ...(flow !== undefined && { flow }) }),
        late,
      ])
    } catch (cause) {
      log.warn('agent.other-leg-kept', { call, cause: messageOf(cause) })
      return undefined
    } finally {
      cancel?.()
    }
  }
}

type GiveWay = Extract<Order, { readonly kind: 'give-way' }>

/** The legs of an agent at this door, the oldest first. */
function legsOf(calls: Calls, agent: string): readonly CallSession[] {
  return calls.of(agent).filter(({ call }) => agentLeg(call) !== undefined)
}

/** How long an agent that enters waits for the word of another door. */
const answerMs = 1_000
