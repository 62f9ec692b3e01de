import { afterNews, isGoingOn, type OwnCall } from './own-calls.ts'
import {
  isInConference,
  type InConference,
  type OwnCallEvent,
  type PhoneState,
  type Step,
} from './phone-state.ts'

/** What the agent's own call makes of the phone: there is one at a time, and only in the conference. */
export function ownCallStep(state: PhoneState, event: OwnCallEvent): Step {
  const { stage } = state
  if (!isInConference(stage)) return [state]
  if (event.kind === 'dial') return dial(state, stage, event)
  if (event.kind === 'drop') return drop(state, stage)
  const after = stage.ownCall && changed(stage.ownCall, event)
  return [after === stage.ownCall ? state : withCall(state, stage, after)]
}

function dial(
  state: PhoneState,
  stage: InConference,
  { number, reference }: Extract<OwnCallEvent, { kind: 'dial' }>,
): Step {
  if (number === '' || (stage.ownCall && isGoingOn(stage.ownCall))) return [state]
  return [
    withCall(state, stage, { number, reference, state: 'ordered', why: '' }),
    { kind: 'order-call', number, reference },
  ]
}

function drop(state: PhoneState, { ownCall }: InConference): Step {
  if (ownCall?.id === undefined || !isGoingOn(ownCall)) return [state]
  return [state, { kind: 'drop-call', id: ownCall.id }]
}

/** What is told of another call changes nothing. */
function changed(call: OwnCall, event: Exclude<OwnCallEvent, { kind: 'dial' | 'drop' }>): OwnCall {
  if (event.kind === 'news') return afterNews(call, event.news)
  if (event.reference !== call.reference) return call
  return event.kind === 'taken' ? { ...call, id: event.id } : { ...call, state: 'failed', why: event.why }
}

function withCall(state: PhoneState, stage: InConference, ownCall: OwnCall | undefined): PhoneState {
  return ownCall ? { ...state, stage: { ...stage, ownCall } } : state
}
