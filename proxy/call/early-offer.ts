import type { Call, CallEvent, Effect, Step, Trying, Up } from './call.ts'
import { upFrom } from './connect.ts'
import { agreed, askOf, later, mediaDone, mediaFailed, reoffer, respondTo, withoutRelay } from './reoffer.ts'

type RequestEvent = Extract<CallEvent, { kind: 'request' }>
type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/**
 * An offer before the call is answered: UPDATE in an early dialog (RFC 3311 §5). It crosses as a re-INVITE does later, once both sides
 * have heard the answer to the first offer; until then it is to come again.
 */
export function updateEarly(call: Call, state: Trying, event: RequestEvent): Step {
  const { transaction, leg, dialog, body } = event
  if (leg === 'b' && dialog !== state.dialog) return [state, respondTo(transaction, 481)]
  // No session timer runs yet that it could refresh (RFC 4028 §7.4).
  if (body === undefined) return [state, respondTo(transaction, 200)]
  const session = state.session ?? sessionOf(call, state)
  if (!session) return [state, later(transaction)]
  return within(state, reoffer(call, session, event, true))
}

/** What the media anchor or the other side says of such an offer. */
export function stepEarly(call: Call, state: Trying, event: CallEvent): Step {
  const { session } = state
  if (!session) return [state]
  switch (event.kind) {
    case 'media-offered':
    case 'media-answered':
      return within(state, mediaDone(call, session, event))
    case 'media-failed':
      return within(state, mediaFailed(session, event))
    case 'response':
      return within(state, responded(call, session, event))
    default:
      return [state]
  }
}

/** Offers whose answers will not come, because the place is given up. */
export function dropEarly({ session }: Trying): readonly Effect[] {
  return (session?.relays ?? []).map(({ transaction }) => respondTo(transaction, 487))
}

/** The place has accepted after the two sides had changed what they agreed on; a description in its 2xx tells nothing (RFC 6337 §2.3). */
export function upAfter(session: Up, dialog: string): Up {
  const { legs } = session
  return { ...session, legs: { ...legs, b: { ...legs.b, dialog } } }
}

/** Where both sides stand; undefined while one of them has not heard the answer to the first offer. */
function sessionOf(call: Call, state: Trying): Up | undefined {
  const { dialog = '', early, earlyTold, offered } = state
  if (call.offer === undefined || offered === undefined || early === undefined || earlyTold === undefined)
    return undefined
  const said = { a: { heard: call.offer, told: earlyTold }, b: { heard: early, told: offered } }
  return upFrom(call, { ...state, dialog }, said)
}

function responded(call: Call, session: Up, event: ResponseEvent): Step {
  const relay = session.relays.find(({ transaction }) => askOf(call, transaction) === event.transaction)
  if (!relay || event.status < 200) return [session]
  if (event.status < 300) return agreed(call, session, relay, event)
  const { transaction } = relay
  // What could not be sent may be sent later: the other side has not heard the answer to the first offer reliably.
  return [
    withoutRelay(session, relay),
    event.local ? later(transaction) : respondTo(transaction, event.status),
  ]
}

/** A step of the session is one of the call that is not up yet. */
function within(state: Trying, [session, ...effects]: Step): Step {
  return [session.kind === 'up' ? { ...state, session } : state, ...effects]
}
