import type { HeaderLine } from '../../engine/message/message.ts'
import type { Call, LegName } from './call.ts'
import { agentLeg, innerLeg } from './parties.ts'
import { hungUp, type Verdict } from './verdict.ts'

/**
 * What a media server is told by the BYE of an agent that was lost, as Reason (RFC 3326; Q.850 27: destination out of order). It then
 * keeps the agent's clients with music; after any other BYE it sends them away.
 */
export const lostReason = 'Q.850;cause=27;text="agent lost"'

/** The same for an agent that goes to another media server: its clients at other doors come after it, and hear music until they do. */
export const movedReason = 'Q.850;cause=31;text="agent moved"'

/** By which cause a media server hangs a client up whose agent did not come back (Q.850 20: subscriber absent). */
const absentCause = 20
/** Normal call clearing (Q.850). */
const clearing = 16

/** Whether an agent's leg that ended like this was lost, and not hung up by anybody. `reason`: that of a BYE of the media server. */
export function isAgentLost(call: Pick<Call, 'kind'>, verdict: Verdict, reason?: string): boolean {
  if (agentLeg(call) === undefined) return false
  if (verdict === 'flow-lost' || verdict === 'dialog-lost') return true
  const cause = causeOf(reason)
  // Silence on the leg, e.g. of a page that crashed, has a cause of its own.
  return verdict === 'server-hung-up' && cause !== undefined && cause !== clearing
}

/** How a call ended in which the leg `leg` said BYE with these headers. */
export function verdictOfBye(call: Call, leg: LegName, headers: readonly HeaderLine[]): Verdict {
  const isClient = agentLeg(call) === undefined && leg === innerLeg(call)
  if (isClient && causeOf(reasonOf(headers)) === absentCause) return 'agent-lost'
  return hungUp(call.kind, leg)
}

/** The Reason header of a request; undefined without one. */
export function reasonOf(headers: readonly HeaderLine[]): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === 'reason')?.[1]
}

function causeOf(reason = ''): number | undefined {
  const cause = /(?:^|,)\s*Q\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*(\d{1,3})\b/i.exec(reason)?.[1]
  return cause === undefined ? undefined : Number(cause)
}
