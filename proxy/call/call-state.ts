import type { Answering, Call, CallEvent, CallState, Effect, Setup, Step } from './call.ts'
import { abandon, ack, cancelled, over, refuse, undo } from './ending.ts'
import { updateEarly } from './early-offer.ts'
import { stepUp } from './in-dialog.ts'
import { stepLate } from './late-offer.ts'
import { sdpBody } from './parties.ts'
import { later, respondTo } from './reoffer.ts'
import { goOn, stepOffering, stepPlacing } from './placing.ts'
import { stepTrying } from './trying.ts'
import { settling, upFrom } from './connect.ts'
import { hungUp } from './verdict.ts'

/** The state in which a call begins. */
export const initial: Setup = { kind: 'placing', tried: [], rehomed: false }

/** What becomes of a call, and what is to be done, when `event` happens. */
export function step(call: Call, state: CallState, event: CallEvent): Step {
  const stray = strayAnswer(call, state, event)
  if (stray) return [state, ...stray]
  if (state.kind === 'over') return tooLate(call, state, event)
  return state.kind === 'up' ? stepUp(call, state, event) : stepSetup(call, state, event)
}

/** What was under way when the call ended is given back when it arrives. */
function tooLate(call: Call, state: CallState, event: CallEvent): Step {
  if (event.kind === 'placed') return [state, { kind: 'release' }]
  if (event.kind === 'request')
    return [state, respondTo(event.transaction, event.method === 'BYE' ? 200 : 481)]
  const first = event.kind === 'media-offered' && event.key.startsWith(`${call.id}-b`)
  return first ? [state, { kind: 'end-media', media: event.key }] : [state]
}

/** A 2xx to an INVITE that nobody waits for any more makes a dialog that must be ended (RFC 3261 §9.1, §15). */
function strayAnswer(call: Call, state: CallState, event: CallEvent): readonly Effect[] | undefined {
  if (event.kind !== 'response' || event.dialog === undefined || event.status < 200 || event.status > 299)
    return undefined
  if (!event.transaction.startsWith(`${call.id}-b`)) return undefined
  if (state.kind === 'trying' && event.transaction === state.branch) return undefined
  if (state.kind === 'up' && state.move?.stage === 'asking' && event.transaction === state.move.branch)
    return undefined
  return [ack(event.dialog), { kind: 'bye', dialog: event.dialog }]
}

/** A call whose legs are not up yet. */
function stepSetup(call: Call, state: Setup, event: CallEvent): Step {
  switch (event.kind) {
    case 'cancelled':
      return cancelled(call, state)
    case 'hang-up':
      return refuse(call, state, 480, 'ended-by-operator')
    case 'replaced':
      return refuse(call, state, 486, 'replaced')
    case 'request':
      return early(call, state, event)
    case 'dialog-ended':
      return dialogLost(call, state, event)
    case 'server-lost':
      if (state.kind === 'answering' || state.kind === 'late') return refuse(call, state, 503, 'server-lost')
      return stepWaiting(call, state, event)
    default:
      return stepWaiting(call, state, event)
  }
}

function stepWaiting(call: Call, state: Setup, event: CallEvent): Step {
  switch (state.kind) {
    case 'placing':
      return stepPlacing(call, state, event)
    case 'offering':
      return stepOffering(call, state, event)
    case 'trying':
      return stepTrying(call, state, event)
    case 'answering':
      return answering(call, state, event)
    case 'late':
      return stepLate(call, state, event)
  }
}

/** A request inside a dialog that the other leg does not share yet. */
function early(call: Call, state: Setup, event: Extract<CallEvent, { kind: 'request' }>): Step {
  const { transaction, leg } = event
  if (event.method === 'UPDATE' && state.kind === 'trying') return updateEarly(call, state, event)
  if (event.method !== 'BYE') return [state, later(transaction)]
  const ok: Effect = { kind: 'respond', transaction, status: 200 }
  if (state.kind !== 'answering' && state.kind !== 'late') {
    // RFC 3261 §15: the caller may end an early dialog, and the edge has refused its INVITE; the place may not.
    return leg === 'a' ? over(call, state, 'cancelled', 487, ok) : [state, ok]
  }
  const verdict = hungUp(call.kind, leg)
  return leg === 'a' ? over(call, state, verdict, 200, ok) : abandon(call, state, verdict, ok)
}

function dialogLost(call: Call, state: Setup, { leg }: Extract<CallEvent, { kind: 'dialog-ended' }>): Step {
  if (state.kind !== 'answering' && state.kind !== 'late') return [state]
  return leg === 'a' ? over(call, state, 'dialog-lost', 200) : abandon(call, state, 'dialog-lost')
}

function answering(call: Call, state: Answering, event: CallEvent): Step {
  if (event.kind === 'media-answered' && event.key === state.branch) return connected(call, state, event.sdp)
  if (event.kind === 'media-failed' && event.key === state.branch)
    return event.isRefused === true ? refuse(call, state, 503, 'media-failed') : anchoredAnew(call, state)
  return [state]
}

/**
 * The media anchor died after it made the offer, so what the place was told leads nowhere. A media server is asked once more,
 * through whichever anchor lives; somebody whose phone rang is not rung again.
 */
function anchoredAnew(call: Call, state: Answering): Step {
  const { place, tried, rehomed } = state
  if (place.kind !== 'server' || tried.length >= call.attempts)
    return refuse(call, state, 503, 'media-failed')
  return goOn(call, { kind: 'placing', tried, rehomed }, { kind: 'next', place }, undo(state))
}

function connected(call: Call, state: Answering, sdp: string): Step {
  const { answered, offered } = state
  const up = upFrom(call, state, {
    a: { heard: call.offer ?? '', told: sdp },
    b: { heard: answered, told: offered },
  })
  const { transaction } = call
  return [up, ...settling(call, up), { kind: 'respond', transaction, status: 200, body: sdpBody(sdp) }]
}
