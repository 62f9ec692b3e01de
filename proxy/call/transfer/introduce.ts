import type { Log } from '../../../runtime/log.ts'
import type { CallSession } from '../call-session.ts'
import { wordOnMove } from '../mover.ts'
import type { LoanWord } from './loan.ts'

/**
 * Connects a client of an agent with the number that the agent talks to, which is not called anew: it is offered the media of the client's
 * call, and its dialog becomes a leg of that one. Resolves to 200, and then the agent's call to the number is over; or to the status that
 * says why not, and then both calls are as they were.
 */
export async function introduce(client: CallSession, talk: CallSession, log: Log): Promise<number> {
  const { dialled, id: dial, by: agent } = talk.call
  if (talk.state.kind !== 'up' || !dialled) return 481
  const { dialog, told } = talk.state.legs.b
  const place = { kind: 'talk', dialog, told } as const
  const { outcome, sdp } = await wordOnMove(client, () =>
    client.handle({ kind: 'move', place, isLost: false }),
  )
  if (outcome !== 'offered' || sdp === undefined) return outcome === 'busy' ? 491 : whyNot(client)
  const word = await wordOnLoan(talk, sdp)
  if (word.outcome === 'failed') {
    client.handle({ kind: 'stay' })
    return word.status
  }
  const end = await wordOnMove(client, () => client.handle({ kind: 'accepted', sdp: word.sdp }))
  if (end.outcome !== 'moved' || client.state.kind !== 'up') {
    talk.handle({ kind: 'take-back' })
    return whyNot(client)
  }
  const leg = client.state.legs.a.dialog === dialog ? 'a' : 'b'
  const isThere = isUp(talk)
  talk.handle({ kind: 'given' })
  client.adopt(dialog, leg)
  client.handOut({ ...dialled, dial })
  // It may have hung up in the very moment in which the media was switched.
  if (!isThere) client.handle({ kind: 'dialog-ended', leg, dialog })
  log.info('call.introduced', { call: client.call.id, agent, dial })
  return 200
}

/** The client has hung up, or the media anchor does not answer. */
function whyNot(client: CallSession): number {
  return isUp(client) ? 503 : 481
}

/** Whether the number takes the offer of the client's call; a call that is over has nobody to lend. */
function wordOnLoan(talk: CallSession, sdp: string): Promise<LoanWord> {
  return new Promise(resolve => {
    if (!isUp(talk)) return resolve({ outcome: 'failed', status: 481 })
    talk.onLoan = resolve
    talk.handle({ kind: 'lend', sdp })
  })
}

function isUp({ state }: CallSession): boolean {
  return state.kind === 'up'
}
