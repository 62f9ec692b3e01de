import type { Call, CallEvent, Effect, LegName, Relay, Step, Up } from './call.ts'
import { allowedMethods, relayedHeaders } from './b-leg.ts'
import { conferenceEventType, outwardEvent } from './conference-event.ts'
import { sameOrigin } from './sdp.ts'
import type { Verdict } from './verdict.ts'

type RequestEvent = Extract<CallEvent, { kind: 'request' }>
type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** What becomes of a call whose two legs are up. */
export function stepUp(call: Call, state: Up, event: CallEvent): Step {
  switch (event.kind) {
    case 'request':
      return request(call, state, event)
    case 'response':
      return response(call, state, event)
    case 'media-offered':
      return offered(call, state, event.key, event.sdp)
    case 'media-answered':
      return answered(state, event.key, event.sdp)
    case 'media-failed':
      return failed(state, event.key)
    case 'relay-cancelled':
      return withdrawn(call, state, event.transaction)
    case 'dialog-ended':
      return end(call, state, 'dialog-lost', bye(state, other(event.leg)))
    case 'flow-closed':
      return [state, { kind: 'start-timer', timer: 'flow', ms: call.flowGraceMs }]
    case 'flow-back':
      return [state, { kind: 'stop-timer', timer: 'flow' }]
    case 'timer':
      return event.timer === 'flow'
        ? end(call, state, 'flow-lost', bye(state, 'b'), bye(state, 'a'))
        : [state]
    case 'server-lost':
      // The BYE towards it is for a server that only hung and comes back with the leg still up.
      return end(call, state, 'server-lost', bye(state, 'a'), bye(state, 'b'))
    case 'hang-up':
      return end(call, state, 'ended-by-operator', bye(state, 'a'), bye(state, 'b'))
    default:
      return [state]
  }
}

function request(call: Call, state: Up, event: RequestEvent): Step {
  const respond = (status: number): Effect => ({ kind: 'respond', transaction: event.transaction, status })
  switch (event.method) {
    case 'BYE': {
      const verdict: Verdict = event.leg === 'a' ? 'caller-hung-up' : 'server-hung-up'
      return end(call, state, verdict, respond(200), bye(state, other(event.leg)))
    }
    case 'INVITE':
      return reinvite(state, event)
    case 'INFO':
      return ask(call, withRelay(state, event, 'asking', ''), event)
    case 'MESSAGE':
      return message(call, state, event)
    case 'OPTIONS':
      return [state, respond(200)]
    case 'UPDATE':
      // RFC 3311 without a body only refreshes the session: each side has its own timer.
      return [state, respond(event.body === undefined ? 200 : 488)]
    default:
      return [state, { ...respondTo(event.transaction, 405), headers: [['Allow', allowedMethods]] }]
  }
}

function reinvite(state: Up, event: RequestEvent): Step {
  const { transaction, leg } = event
  if (event.body === undefined) return [state, respondTo(transaction, 488)]
  const sdp = event.body.content
  // RFC 3264 §8: the same origin line says that nothing changed; a session refresh stays on its side (RFC 4028 §7.4).
  if (sameOrigin(sdp, state.heard[leg]))
    return [state, { ...respondTo(transaction, 200), body: sdpBody(state.told[leg]) }]
  // RFC 3261 §14.2: one exchange at a time.
  if (state.relays.some(relay => relay.method === 'INVITE')) return [state, respondTo(transaction, 491)]
  return [
    withRelay(state, event, 'offering', sdp),
    { kind: 'offer', key: transaction, branch: state.branch, from: leg, sdp },
  ]
}

/** What a conference tells its participants is rebuilt on its way out; an event that is not understood ends here. */
function message(call: Call, state: Up, event: RequestEvent): Step {
  if (event.leg === 'a' || event.body?.type !== conferenceEventType) {
    return ask(call, withRelay(state, event, 'asking', ''), event)
  }
  const body = call.kind === 'agent' ? outwardEvent(event.body.content, call.id) : undefined
  if (body === undefined) return [state, respondTo(event.transaction, 200)]
  return ask(call, withRelay(state, event, 'asking', ''), { ...event, body })
}

function ask(call: Call, state: Up, event: RequestEvent): Step {
  const to = other(event.leg)
  return [
    state,
    {
      kind: 'ask',
      leg: to,
      dialog: state.dialogs[to],
      transaction: askOf(call, event.transaction),
      method: event.method,
      headers: relayedHeaders(event.method, event.headers),
      ...(event.body && { body: event.body }),
    },
  ]
}

function offered(call: Call, state: Up, key: string, sdp: string): Step {
  const relay = relayOf(state, key)
  if (relay?.stage !== 'offering') return [state]
  const to = other(relay.from)
  const told = { ...state.told, [to]: sdp }
  return [
    { ...replaceRelay(state, { ...relay, stage: 'asking' }), told },
    {
      kind: 'ask',
      leg: to,
      dialog: state.dialogs[to],
      transaction: askOf(call, key),
      method: 'INVITE',
      headers: [],
      body: sdpBody(sdp),
    },
  ]
}

function response(call: Call, state: Up, event: ResponseEvent): Step {
  const relay = state.relays.find(candidate => askOf(call, candidate.transaction) === event.transaction)
  const accepted = event.status >= 200 && event.status <= 299
  if (!relay) {
    // The leg that asked withdrew its re-INVITE; the other side still needs its ACK.
    return accepted && event.dialog !== undefined ? [state, { kind: 'ack', dialog: event.dialog }] : [state]
  }
  if (event.status < 200) return [state]
  if (relay.method === 'INVITE' && accepted) return agreed(state, relay, event)
  const back = respondTo(relay.transaction, event.local ? 480 : event.status)
  const rest = withoutRelay(state, relay)
  if (isLost(event, other(relay.from))) return end(call, rest, 'dialog-lost', back, bye(state, relay.from))
  return [rest, back]
}

/** The other leg accepted a re-INVITE: its answer goes back through the media anchor. */
function agreed(state: Up, relay: Relay, event: ResponseEvent): Step {
  const to = other(relay.from)
  const ack: Effect = { kind: 'ack', dialog: state.dialogs[to] }
  if (event.body === undefined) return [withoutRelay(state, relay), ack, respondTo(relay.transaction, 488)]
  const sdp = event.body.content
  const heard = { ...state.heard, [to]: sdp }
  return [
    { ...replaceRelay(state, { ...relay, stage: 'answering' }), heard },
    ack,
    { kind: 'answer', key: relay.transaction, branch: state.branch, from: to, sdp },
  ]
}

/**
 * RFC 3261 §12.2.1.2: 481, or no answer at all, ends the dialog. An agent out of reach is another matter: its
 * connection may come back.
 */
function isLost(event: ResponseEvent, leg: LegName): boolean {
  return (event.status === 481 && !event.local) || (event.local && leg === 'b')
}

function answered(state: Up, key: string, sdp: string): Step {
  const relay = relayOf(state, key)
  if (relay?.stage !== 'answering') return [state]
  const heard = { ...state.heard, [relay.from]: relay.sdp }
  const told = { ...state.told, [relay.from]: sdp }
  return [
    { ...withoutRelay(state, relay), heard, told },
    { ...respondTo(key, 200), body: sdpBody(sdp) },
  ]
}

function failed(state: Up, key: string): Step {
  const relay = relayOf(state, key)
  return relay ? [withoutRelay(state, relay), respondTo(key, 503)] : [state]
}

function withdrawn(call: Call, state: Up, transaction: string): Step {
  const relay = relayOf(state, transaction)
  if (!relay) return [state]
  const asked: readonly Effect[] =
    relay.stage === 'asking' ? [{ kind: 'cancel', branch: askOf(call, transaction) }] : []
  return [withoutRelay(state, relay), ...asked]
}

function end(call: Call, state: Up, verdict: Verdict, ...effects: readonly Effect[]): Step {
  const waiting = state.relays.map(relay => respondTo(relay.transaction, 487))
  const leave: readonly Effect[] = call.kind === 'agent' ? [{ kind: 'leave' }, { kind: 'release' }] : []
  return [
    { kind: 'over', verdict },
    ...effects,
    ...waiting,
    { kind: 'stop-timer', timer: 'flow' },
    { kind: 'end-media', branch: state.branch },
    ...leave,
    { kind: 'record', verdict, status: 200 },
  ]
}

/** The transaction that carries a relayed request on the other side. */
function askOf(call: Call, transaction: string): string {
  return `${call.id}-r-${transaction}`
}

function relayOf(state: Up, transaction: string): Relay | undefined {
  return state.relays.find(relay => relay.transaction === transaction)
}

function withRelay(state: Up, event: RequestEvent, stage: Relay['stage'], sdp: string): Up {
  const { transaction, leg, method } = event
  return { ...state, relays: [...state.relays, { transaction, from: leg, method, stage, sdp }] }
}

function replaceRelay(state: Up, relay: Relay): Up {
  return { ...state, relays: state.relays.map(old => (old.transaction === relay.transaction ? relay : old)) }
}

function withoutRelay(state: Up, relay: Relay): Up {
  return { ...state, relays: state.relays.filter(kept => kept.transaction !== relay.transaction) }
}

function other(leg: LegName): LegName {
  return leg === 'a' ? 'b' : 'a'
}

function bye(state: Up, leg: LegName): Effect {
  return { kind: 'bye', dialog: state.dialogs[leg] }
}

function respondTo(transaction: string, status: number): Extract<Effect, { kind: 'respond' }> {
  return { kind: 'respond', transaction, status }
}

function sdpBody(content: string): { readonly type: string; readonly content: string } {
  return { type: 'application/sdp', content }
}
