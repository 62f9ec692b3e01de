import { isInConference, signedOut, type AgentEvent, type PhoneState, type Step } from './phone-state.ts'

/** What the agent's wish makes of the phone; a wish that does not fit the stage changes nothing. */
export function agentStep(state: PhoneState, event: AgentEvent): Step {
  switch (event.kind) {
    case 'sign-in':
      return signIn(state, event.agent)
    case 'start-shift':
      return startShift(state)
    case 'end-shift':
      return endShift(state)
    case 'toggle-mute':
      return toggleMute(state)
    case 'sign-out':
      return signOut(state)
  }
}

function signIn(state: PhoneState, agent: string): Step {
  if (state.stage.kind !== 'signed-out') return [state]
  return [
    { ...signedOut, network: state.network, agent, stage: { kind: 'connecting' } },
    { kind: 'request-session' },
  ]
}

function startShift(state: PhoneState): Step {
  if (state.stage.kind !== 'ready' || state.link.kind !== 'online') return [state]
  return [
    { ...state, stage: { kind: 'joining', muted: false, placed: true } },
    { kind: 'dial', muted: false },
  ]
}

function endShift(state: PhoneState): Step {
  if (state.stage.kind !== 'joining' && !isInConference(state.stage)) return [state]
  return [{ ...state, stage: { kind: 'ready', note: '' } }, { kind: 'hang-up' }]
}

function toggleMute(state: PhoneState): Step {
  if (!isInConference(state.stage)) return [state]
  const muted = !state.stage.muted
  return [
    { ...state, stage: { ...state.stage, muted } },
    { kind: 'mute', on: muted },
  ]
}

function signOut(state: PhoneState): Step {
  if (state.stage.kind === 'signed-out') return [state]
  return [
    { ...signedOut, network: state.network },
    { kind: 'stop-waiting' },
    { kind: 'hang-up' },
    { kind: 'close-line' },
  ]
}
