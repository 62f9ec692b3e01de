import {
  isInConference,
  signedOut,
  type Effect,
  type LinkEvent,
  type PhoneState,
  type Step,
} from './phone-state.ts'
import { reconnectDelayMs } from './reconnect.ts'

/** What the link's fate makes of the phone. A call outlives the link: it is taken along when the link is back. */
export function linkStep(state: PhoneState, event: LinkEvent, chance: number): Step {
  if (event.kind === 'network') return network(state, event.there)
  if (state.stage.kind === 'signed-out') return [state]
  switch (event.kind) {
    case 'session-granted':
      return [state, { kind: 'open-line' }]
    case 'session-refused':
      return sessionRefused(state, event.why, event.wrong, chance)
    case 'up':
      return [state, { kind: 'register' }]
    case 'down':
      return tryLater(dropPlaced(state), chance)
    case 'retry-due':
      return [state, { kind: state.renewing ? 'request-session' : 'reconnect' }]
    case 'registered':
      return registered(state)
    case 'registration-lost':
      return [state, { kind: 'register' }]
    case 'register-refused':
      return registerRefused(state, event.status, chance)
  }
}

function network(state: PhoneState, there: boolean): Step {
  const next = { ...state, network: there }
  if (!there || state.link.kind !== 'reconnecting' || state.stage.kind === 'signed-out') return [next]
  return [next, { kind: 'stop-waiting' }, { kind: state.renewing ? 'request-session' : 'reconnect' }]
}

/** An INVITE that was under way when the link broke is lost, so it is given up and placed again later. */
function dropPlaced(state: PhoneState): Step {
  if (state.stage.kind !== 'joining' || !state.stage.placed) return [state]
  return [{ ...state, stage: { ...state.stage, placed: false } }, { kind: 'hang-up' }]
}

function tryLater([state, ...effects]: Step, chance: number): Step {
  const attempt = state.link.kind === 'reconnecting' ? state.link.attempt + 1 : 1
  return [
    { ...state, link: { kind: 'reconnecting', attempt } },
    ...effects,
    { kind: 'wait', ms: reconnectDelayMs(attempt, chance) },
  ]
}

function registered(state: PhoneState): Step {
  const wasAway = state.link.kind === 'reconnecting'
  const online: PhoneState = { ...state, link: { kind: 'online' }, renewing: false }
  if (state.stage.kind === 'connecting') return [{ ...online, stage: { kind: 'ready', note: '' } }]
  if (state.stage.kind === 'joining' && !state.stage.placed) {
    const { muted } = state.stage
    return [
      { ...online, stage: { ...state.stage, placed: true } },
      { kind: 'dial', muted },
    ]
  }
  return wasAway && isInConference(state.stage) ? [online, { kind: 'restart-media' }] : [online]
}

/** Credentials end before a shift does, so the first refusal is answered by signing in again unseen. */
function registerRefused(state: PhoneState, status: number, chance: number): Step {
  if (status !== 401 && status !== 403) return tryLater([state], chance)
  if (!state.renewing) return [{ ...state, renewing: true }, { kind: 'request-session' }]
  return shutOut(state, 'The service did not accept your sign-in.', chance)
}

function sessionRefused(state: PhoneState, why: string, wrong: boolean, chance: number): Step {
  if (state.stage.kind === 'connecting' && !state.renewing) return [signedOutWith(state, why)]
  return wrong ? shutOut(state, why, chance) : tryLater([state], chance)
}

/** Nobody is cut off in the middle of a call because of a sign-in: as long as there is one, it is tried again. */
function shutOut(state: PhoneState, why: string, chance: number): Step {
  if (isInConference(state.stage)) return tryLater([state], chance)
  const end: Effect[] = [{ kind: 'stop-waiting' }, { kind: 'hang-up' }, { kind: 'close-line' }]
  return [signedOutWith(state, why), ...end]
}

function signedOutWith(state: PhoneState, note: string): PhoneState {
  return { ...signedOut, network: state.network, stage: { kind: 'signed-out', note } }
}
