import { callIdIn } from '../../engine/message/dialog-id.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { FarFlow, OtherDoors } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import type { Calls } from './calls.ts'
import { partyOf, phoneOwner } from './parties.ts'

/** The connections over which agents are heard in their calls. An agent that loses one comes back on another, here or at another door. */
export class AgentFlows {
  readonly #calls: Calls
  readonly #otherDoors: OtherDoors
  readonly #clock: Clock
  /** Agents that have registered anew although their connection seemed to be there, and how they are followed. */
  readonly #early = new WeakMap<CallSession, Return>()

  constructor(calls: Calls, otherDoors: OtherDoors, clock: Clock) {
    this.#calls = calls
    this.#otherDoors = otherDoors
    this.#clock = clock
  }

  /** An agent that has come back before this was noticed is followed at once. */
  closed(flow: string): void {
    for (const session of this.#calls.all()) {
      const early = this.#early.get(session)
      if (early?.flow === flow) this.#early.delete(session)
      if (session.flow !== flow) continue
      session.handle({ kind: 'flow-closed' })
      if (session.isAway && early && this.#clock.now() - early.at <= noticeMs) early.follow()
    }
  }

  /** A connection that seemed to be closed is there: its door was only late. */
  back(flow: string): void {
    for (const session of this.#calls.all())
      if (session.flow === flow && session.isAway) session.followTo(flow)
  }

  /** An agent that has proved who it is speaks in a call over another connection; false when that is not its call. */
  proved(agent: string, session: CallSession, flow: string): boolean {
    if (agent !== phoneOwner(session.call)) return false
    session.flow = flow
    session.handle({ kind: 'flow-back' })
    return true
  }

  /** An agent whose connection was lost and that registers over another one is heard there in its calls, too. */
  registered(agent: string, flow: string): void {
    for (const session of this.#callsWith(agent)) this.#cameBack(session, flow, () => session.followTo(flow))
    this.#otherDoors.agentHere(agent, flow)
  }

  /** As `registered`, over a connection of another door. */
  registeredElsewhere(agent: string, far: FarFlow): void {
    for (const session of this.#callsWith(agent))
      this.#cameBack(session, far.flow, () => {
        const { agentDialog } = session
        if (agentDialog !== undefined) this.#otherDoors.claim(far, callIdIn(agentDialog))
        session.followTo(far.flow)
      })
  }

  /** A connection of another door brought a request in one of these dialogs: if it is an agent's here, it comes here. */
  claim(dialogs: readonly string[], far: FarFlow): void {
    for (const dialog of dialogs) {
      const found = this.#calls.byDialog(dialog)
      if (found && partyOf(found.session.call, found.leg) === 'agent')
        this.#otherDoors.claim(far, callIdIn(dialog))
    }
  }

  /** That the door of a connection has died is noticed a while after the agent has lost it. */
  #cameBack(session: CallSession, flow: string, follow: () => void): void {
    if (session.isAway) return follow()
    if (session.flow === undefined || session.flow === flow || !this.#otherDoors.isFar(session.flow)) return
    this.#early.set(session, { flow, at: this.#clock.now(), follow })
  }

  /** The calls of this door that an agent's phone is in. */
  #callsWith(agent: string): readonly CallSession[] {
    const consultation = this.#calls.consultationOf(agent)
    const own = this.#calls.of(agent).filter(({ call }) => phoneOwner(call) === agent)
    return [...own, ...(consultation ? [consultation] : [])]
  }
}

/** An agent that has registered over another connection, and when. */
interface Return {
  readonly flow: string
  readonly at: number
  readonly follow: () => void
}

/** How long it takes at most until a door that has died is missed. */
const noticeMs = 15_000
