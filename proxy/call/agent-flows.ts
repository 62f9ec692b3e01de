import { callIdIn } from '../../engine/message/dialog-id.ts'
import type { OtherDoors } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import type { Calls } from './calls.ts'
import { partyOf, phoneOwner } from './parties.ts'

/** The connections over which agents are heard in their calls. An agent that loses one comes back on another, here or at another door. */
export class AgentFlows {
  readonly #calls: Calls
  readonly #otherDoors: OtherDoors

  constructor(calls: Calls, otherDoors: OtherDoors) {
    this.#calls = calls
    this.#otherDoors = otherDoors
  }

  closed(flow: string): void {
    for (const session of this.#calls.all())
      if (session.flow === flow) session.handle({ kind: 'flow-closed' })
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
    for (const session of this.#waitingFor(agent)) session.followTo(flow)
    this.#otherDoors.agentHere(agent, flow)
  }

  /** As `registered`, over a connection of another door. */
  registeredElsewhere(agent: string, flow: string): void {
    for (const session of this.#waitingFor(agent)) {
      const { agentDialog } = session
      if (agentDialog !== undefined) this.#otherDoors.claim(flow, callIdIn(agentDialog))
      session.followTo(flow)
    }
  }

  /** A connection of another door brought a request in one of these dialogs: if it is an agent's here, it comes here. */
  claim(dialogs: readonly string[], flow: string): void {
    for (const dialog of dialogs) {
      const found = this.#calls.byDialog(dialog)
      if (found && partyOf(found.session.call, found.leg) === 'agent')
        this.#otherDoors.claim(flow, callIdIn(dialog))
    }
  }

  /** Calls of this door whose agent has lost its connection. */
  #waitingFor(agent: string): readonly CallSession[] {
    const consultation = this.#calls.consultationOf(agent)
    const own = this.#calls.of(agent).filter(({ call }) => phoneOwner(call) === agent)
    return [...own, ...(consultation ? [consultation] : [])].filter(session => session.isAway)
  }
}
