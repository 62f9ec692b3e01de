import type { CallKind } from '../ports.ts'

/** How a call ended; every call ends in exactly one. Described for operators in docs/verdicts.md. */
export type Verdict =
  /** The one who called hung up. */
  | 'caller-hung-up'
  /** The one who was called, by an agent or for one, hung up. */
  | 'callee-hung-up'
  /** The media server hung up. */
  | 'server-hung-up'
  /** The operator, or a shutdown, ended it. */
  | 'ended-by-operator'
  /** The agent's leg gave way: to a newer one into its conference, or to the client about whom it talked to somebody. */
  | 'replaced'
  /** Given up by the caller before it was answered. */
  | 'cancelled'
  /** No media server may take an agent now. */
  | 'no-server'
  /** Every media server that was asked failed or did not answer in time. */
  | 'servers-failed'
  /** The media server, or a rule of the door, said no. */
  | 'refused'
  /** No peer of the trunk took the call. */
  | 'trunk-failed'
  /** The agent waits nowhere, or cannot be reached. */
  | 'agent-away'
  /** The media anchor could not serve the call. */
  | 'media-failed'
  /** The agent's connection went and did not come back in time. */
  | 'flow-lost'
  /** The client's agent was lost and did not come back in time. */
  | 'agent-lost'
  /** The signalling of one side ended without a BYE: no ACK, session expired. */
  | 'dialog-lost'
  /** The media server died under the call. */
  | 'server-lost'

/** The verdict when the leg `leg` hangs up. */
export function hungUp(kind: CallKind, leg: 'a' | 'b'): Verdict {
  if (kind === 'transit' || kind === 'consult-out') return leg === 'a' ? 'caller-hung-up' : 'callee-hung-up'
  const byDoor = kind === 'agent' || kind === 'client' || kind === 'consult'
  if (leg === 'a') return byDoor ? 'caller-hung-up' : 'server-hung-up'
  return byDoor ? 'server-hung-up' : 'callee-hung-up'
}
