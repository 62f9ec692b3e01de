import type { Call, CallEvent, Late, Step } from './call.ts'
import { settling, upFrom } from './connect.ts'
import { over, refuse } from './ending.ts'
import { firstExchange, sdpBody } from './parties.ts'

/** A caller without an offer is told that of the place, and answers it in its ACK (RFC 3261 §13.2.1). */
export function stepLate(call: Call, state: Late, event: CallEvent): Step {
  switch (event.kind) {
    case 'media-offered':
      return state.stage === 'offering' && event.key === state.branch ? tell(call, state, event.sdp) : [state]
    case 'acked':
      return state.stage === 'waiting' && event.leg === 'a'
        ? answer(call, state, event.body?.content)
        : [state]
    case 'media-answered':
      return state.stage === 'answering' && event.key === state.branch
        ? connect(call, state, event.sdp)
        : [state]
    case 'media-failed':
      return refuse(call, state, 503, 'media-failed')
    default:
      return [state]
  }
}

function tell(call: Call, state: Late, sdp: string): Step {
  const { transaction } = call
  return [
    { ...state, stage: 'waiting', told: sdp },
    { kind: 'respond', transaction, status: 200, body: sdpBody(sdp) },
  ]
}

function answer(call: Call, state: Late, sdp: string | undefined): Step {
  if (sdp === undefined) return over(call, state, 'refused', 200, { kind: 'bye', dialog: call.dialog })
  return [
    { ...state, stage: 'answering', answer: sdp },
    { kind: 'answer', key: state.branch, exchange: firstExchange(call, state, 'a', sdp) },
  ]
}

function connect(call: Call, state: Late, sdp: string): Step {
  const { dialog, offer, told, answer: heard } = state
  const up = upFrom(call, state, { a: { heard, told }, b: { heard: offer, told: sdp } })
  return [up, ...settling(call, up), { kind: 'ack', dialog, body: sdpBody(sdp) }]
}
