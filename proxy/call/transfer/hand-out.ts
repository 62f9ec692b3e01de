import { Headers } from '../../../engine/message/headers.ts'
import type { Log } from '../../../runtime/log.ts'
import { messageOf } from '../../../runtime/errors.ts'
import type { Dialling, TrunkChoice, TrunkWays } from '../../ports.ts'
import type { OutsidePlace } from '../call.ts'
import type { CallSession } from '../call-session.ts'
import { isTrouble, passedOn } from '../failover.ts'
import { switchOver, wordOnMove } from '../mover.ts'

export interface HandOutParts {
  readonly dialling: Dialling
  readonly choice: TrunkChoice
  readonly log: Log
}

/** Connects a client of an agent to a number: its media leg goes from the conference to a trunk, and the agent is free. */
export class HandOut {
  readonly #parts: HandOutParts

  constructor(parts: HandOutParts) {
    this.#parts = parts
  }

  /** Resolves to the status that the number would have answered: 200 once the two are connected. Until then the client stays where it is. */
  async give(session: CallSession, agent: string, dialled: string): Promise<number> {
    const { dialling, log } = this.#parts
    const noted = await dialling.begin(agent, dialled)
    if (noted.kind === 'refused') return noted.status
    const { dial, number } = noted
    const status = await this.#connect(session, dial, number)
    log.info('call.handed-out', { call: session.call.id, agent, dial, status })
    if (status === 200) return 200
    session.handOut(undefined)
    await tellFailed(this.#parts, dial, status)
    return status
  }

  async #connect(session: CallSession, dial: string, number: string): Promise<number> {
    // The client's call has come to its end at the agent: what it brought along stays there.
    const request = { headers: new Headers([]) }
    const ways = this.#parts.choice.choose({ request, number, caller: session.caller })
    if (ways.kind === 'refused') return ways.status
    session.handOut({ ...ways.dialled, dial })
    return await firstThatTakes(session, ways)
  }
}

/** A number that was noted has not been reached. */
export async function tellFailed(
  { dialling, log }: Pick<HandOutParts, 'dialling' | 'log'>,
  dial: string,
  status: number,
): Promise<void> {
  await dialling.failed(dial, status).catch((cause: unknown) => {
    log.warn('dial.not-told', { call: dial, cause: messageOf(cause) })
  })
}

async function firstThatTakes(
  session: CallSession,
  { places }: Extract<TrunkWays, { kind: 'ways' }>,
): Promise<number> {
  let last = 503
  for (const place of places.slice(0, session.call.attempts)) {
    const { outcome, status } = await ask(session, place)
    if (outcome === 'ready') return (await switchOver(session)) === 'moved' ? 200 : 503
    if (outcome === 'busy') return 491
    last = status === 408 ? 503 : passedOn(status)
    if (!isTrouble({ status, local: false })) return last
  }
  return last
}

interface Answer {
  readonly outcome: string
  readonly status: number
}

/** Calls a peer; resolves when it has taken the call, or has not. */
async function ask(session: CallSession, place: OutsidePlace): Promise<Answer> {
  if (session.state.kind !== 'up') return { outcome: 'failed', status: 481 }
  if (session.state.move) return { outcome: 'busy', status: 491 }
  const order = (): void => session.handle({ kind: 'move', place, isLost: false })
  const { outcome, status } = await wordOnMove(session, order)
  if (status !== undefined) return { outcome, status }
  // No peer has said anything: the client has hung up, or the media anchor does not answer.
  return { outcome, status: session.state.kind === 'up' ? 503 : 481 }
}
