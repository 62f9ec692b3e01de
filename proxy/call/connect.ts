import type { Attempt, Call, Effect, Leg, LegName, Up } from './call.ts'
import { agentLeg } from './parties.ts'

/** The SDP that a leg sent last, and the last it was sent. */
type Spoken = Pick<Leg, 'heard' | 'told'>

/** Both legs are up: the caller and the place of `attempt`. */
export function upFrom(
  call: Call,
  attempt: Attempt & { readonly dialog: string },
  spoken: Readonly<Record<LegName, Spoken>>,
): Up {
  const { place, branch, dialog, tried } = attempt
  return {
    kind: 'up',
    server: place.kind === 'server' ? place.server : call.caller,
    media: branch,
    legs: {
      a: { dialog: call.dialog, tag: 'a', ...spoken.a },
      b: { dialog, tag: branch, ...spoken.b },
    },
    relays: [],
    sent: tried.length,
    move: undefined,
    anchor: undefined,
    former: [],
    untidy: [],
    transfer: undefined,
    loan: undefined,
  }
}

/** An agent that is up waits on its server from now on; said before anybody hears that it is up, for its client may come at once, at any door. */
export function settling(call: Call, { server }: Up): readonly Effect[] {
  return agentLeg(call) === undefined || !server ? [] : [{ kind: 'settle', server: server.id }]
}
