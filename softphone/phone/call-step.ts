import { afterEvent, emptyRoom, othersIn, type Room } from './conference.ts'
import {
  isInConference,
  type CallEvent,
  type InConference,
  type PhoneState,
  type Step,
} from './phone-state.ts'

/** What the call's fate makes of the phone. */
export function callStep(state: PhoneState, event: CallEvent): Step {
  switch (event.kind) {
    case 'called':
      return called(state)
    case 'answered':
      if (state.stage.kind !== 'joining') return [state]
      return [{ ...state, stage: inRoom(emptyRoom, state.stage.muted) }]
    case 'refused':
    case 'ended':
      return over(state, event.why)
    case 'restart-refused':
      return redial(state)
    case 'conference':
      if (!isInConference(state.stage)) return [state]
      return [
        {
          ...state,
          stage: { ...state.stage, ...inRoom(afterEvent(state.stage.room, event.event), state.stage.muted) },
        },
      ]
  }
}

/** An agent who is signed in is there for its conference: a call from it is taken unasked. One is enough. */
function called(state: PhoneState): Step {
  if (state.stage.kind !== 'ready') return [state, { kind: 'refuse' }]
  return [
    { ...state, stage: { kind: 'joining', muted: false, placed: true } },
    { kind: 'take', muted: false },
  ]
}

function inRoom(room: Room, muted: boolean): InConference {
  return { kind: othersIn(room) > 0 ? 'in-call' : 'waiting', muted, room }
}

function over(state: PhoneState, why: string): Step {
  if (state.stage.kind !== 'joining' && !isInConference(state.stage)) return [state]
  return [{ ...state, stage: { kind: 'ready', note: why } }]
}

/** The agent is nailed up: what the door lost is called anew, into the same conference and as muted as before. */
function redial(state: PhoneState): Step {
  if (!isInConference(state.stage)) return [state]
  const { muted } = state.stage
  const placed = state.link.kind === 'online'
  const joining: PhoneState = { ...state, stage: { kind: 'joining', muted, placed } }
  return placed ? [joining, { kind: 'hang-up' }, { kind: 'dial', muted }] : [joining, { kind: 'hang-up' }]
}
