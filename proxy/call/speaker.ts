import type { Caller } from '../route/caller.ts'
import type { FoundLeg } from './calls.ts'
import { partyOf } from './parties.ts'

/** Whether a request inside a dialog comes from where its leg is: the agent's connection, the trunk, the media server. */
export function isAtItsEnd(caller: Caller, { session, leg }: FoundLeg): boolean {
  if (caller.kind !== partyOf(session.call, leg)) return false
  return caller.kind !== 'agent' || caller.flow === session.flow
}
