import type { Call, CallEvent, Effect, Leg, LegName, Relay, Step, Up } from './call.ts'
import { exchange, other, sdpBody } from './parties.ts'
import { sameMedia, sameOrigin, sameStreams } from './sdp.ts'

type RequestEvent = Extract<CallEvent, { kind: 'request' }>
type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/**
 * A leg offers again, by re-INVITE or UPDATE (RFC 3261 §14, RFC 3311 §5.2). The other one is asked by INVITE, which every peer takes, or
 * where that is not possible yet by UPDATE.
 */
export function reoffer(call: Call, state: Up, event: RequestEvent, isEarly?: true): Step {
  const { transaction, leg, body } = event
  const sdp = body?.type === 'application/sdp' ? body.content : undefined
  if (body !== undefined && sdp === undefined) return [state, respondTo(transaction, 415)]
  const { heard, told } = state.legs[leg]
  // RFC 3264 §8: the same origin line says that nothing changed; a session refresh stays on its side (RFC 4028 §7.4).
  if (sdp !== undefined && sameOrigin(sdp, heard))
    return [state, { ...respondTo(transaction, 200), body: sdpBody(told) }]
  if (state.anchor) return [state, respondTo(transaction, 491)]
  const open = state.relays.find(isOffer)
  if (open) return [state, glare(transaction, open.from === leg)]
  if (sdp === undefined) return lateOffer(call, state, event)
  // Where only the way to this leg has changed (ICE restart, another address), the anchor is told and the other leg need not know.
  const stage = call.anchored && sameMedia(sdp, heard) ? 'renewing' : 'offering'
  return [
    withRelay(state, event, stage, sdp, isEarly),
    { kind: 'offer', key: transaction, exchange: exchange(call, state, leg, sdp) },
  ]
}

/** One exchange at a time: RFC 3261 §14.2, RFC 3311 §5.2. */
function glare(transaction: string, isSameLeg: boolean): Effect {
  return isSameLeg ? later(transaction, 2) : respondTo(transaction, 491)
}

/** Not now, but not never either (RFC 3261 §14.2). */
export function later(transaction: string, seconds = 1): Effect {
  return { ...respondTo(transaction, 500), headers: [['Retry-After', String(seconds)]] }
}

/** A re-INVITE without an offer is answered with one: what the other leg has said last (RFC 3261 §14.2). */
function lateOffer(call: Call, state: Up, event: RequestEvent): Step {
  const from = other(event.leg)
  return [
    withRelay(state, event, 'late-offering', ''),
    { kind: 'offer', key: event.transaction, exchange: exchange(call, state, from, state.legs[from].heard) },
  ]
}

/** The media anchor is done with an offer or an answer. */
export function mediaDone(
  call: Call,
  state: Up,
  { kind, key, sdp }: Extract<CallEvent, { kind: 'media-offered' | 'media-answered' }>,
): Step {
  const relay = relayOf(state, key)
  if (!relay) return [state]
  switch (relay.stage) {
    case 'offering':
      if (kind !== 'media-offered') return [state]
      return isKnown(call, state, relay, sdp) ? renewed(call, state, relay) : passOn(call, state, relay, sdp)
    case 'renewing':
      return kind === 'media-offered' ? renewed(call, state, relay) : answered(state, relay, sdp)
    case 'answering':
      return kind === 'media-answered' ? answered(state, relay, sdp) : [state]
    case 'late-offering':
      return kind === 'media-offered' ? tellOffer(state, relay, sdp) : [state]
    case 'late-answering':
      return kind === 'media-answered' ? lateAnswered(state, relay, sdp) : [state]
    case 'asking':
    case 'late-waiting':
      return [state]
  }
}

/** What the media anchor makes of the offer has nothing new for the other leg: there is nothing to ask it. */
function isKnown(call: Call, state: Up, relay: Relay, made: string): boolean {
  return call.anchored && sameStreams(made, state.legs[other(relay.from)].told)
}

function passOn(call: Call, state: Up, relay: Relay, sdp: string): Step {
  const to = other(relay.from)
  const { dialog } = state.legs[to]
  // A place that rings without a dialog cannot be asked yet.
  if (dialog === '') return [withoutRelay(state, relay), later(relay.transaction)]
  return [
    replaceRelay(state, { ...relay, stage: 'asking', made: sdp }),
    {
      kind: 'ask',
      leg: to,
      dialog,
      transaction: askOf(call, relay.transaction),
      method: relay.isEarly ? 'UPDATE' : 'INVITE',
      headers: [],
      body: sdpBody(sdp),
    },
  ]
}

function renewed(call: Call, state: Up, relay: Relay): Step {
  const to = other(relay.from)
  const { heard } = state.legs[to]
  return [
    replaceRelay(state, { ...relay, stage: 'renewing' }),
    { kind: 'answer', key: relay.transaction, exchange: exchange(call, state, to, heard) },
  ]
}

/** The other leg accepted: its answer goes back through the media anchor. */
export function agreed(call: Call, state: Up, relay: Relay, event: ResponseEvent): Step {
  const to = other(relay.from)
  const acks: readonly Effect[] = relay.isEarly ? [] : [{ kind: 'ack', dialog: state.legs[to].dialog }]
  const sdp = event.body?.type === 'application/sdp' ? event.body.content : undefined
  if (sdp === undefined) return [withoutRelay(state, relay), ...acks, respondTo(relay.transaction, 488)]
  return [
    withLeg(replaceRelay(state, { ...relay, stage: 'answering' }), to, { heard: sdp, told: relay.made }),
    ...acks,
    { kind: 'answer', key: relay.transaction, exchange: exchange(call, state, to, sdp) },
  ]
}

function answered(state: Up, relay: Relay, sdp: string): Step {
  return [
    withLeg(withoutRelay(state, relay), relay.from, { heard: relay.sdp, told: sdp }),
    { ...respondTo(relay.transaction, 200), body: sdpBody(sdp) },
  ]
}

function tellOffer(state: Up, relay: Relay, sdp: string): Step {
  return [
    withLeg(replaceRelay(state, { ...relay, stage: 'late-waiting' }), relay.from, { told: sdp }),
    { ...respondTo(relay.transaction, 200), body: sdpBody(sdp) },
  ]
}

/** The ACK of a leg that was made an offer holds its answer. */
export function acknowledged(
  call: Call,
  state: Up,
  { leg, body }: Extract<CallEvent, { kind: 'acked' }>,
): Step {
  const relay = state.relays.find(({ stage, from }) => stage === 'late-waiting' && from === leg)
  if (!relay) return [state]
  if (body?.type !== 'application/sdp') return [withoutRelay(state, relay)]
  return [
    replaceRelay(state, { ...relay, stage: 'late-answering', sdp: body.content }),
    { kind: 'answer', key: relay.transaction, exchange: exchange(call, state, leg, body.content) },
  ]
}

function lateAnswered(state: Up, relay: Relay, sdp: string): Step {
  const heard = withLeg(withoutRelay(state, relay), relay.from, { heard: relay.sdp })
  return [withLeg(heard, other(relay.from), { told: sdp })]
}

/**
 * The media anchor could not do it: the leg that asked is told, unless it was answered already. An anchor that is dead is about to be
 * replaced, so that one may ask again.
 */
export function mediaFailed(
  state: Up,
  { key, isRefused }: Extract<CallEvent, { kind: 'media-failed' }>,
): Step {
  const relay = relayOf(state, key)
  if (!relay) return [state]
  const rest = withoutRelay(state, relay)
  if (relay.stage === 'late-answering') return [rest]
  return [rest, isRefused === true ? respondTo(key, 488) : later(key)]
}

/** The leg that asked has cancelled. */
export function withdrawn(call: Call, state: Up, transaction: string): Step {
  const relay = relayOf(state, transaction)
  if (!relay) return [state]
  const asked: readonly Effect[] =
    relay.stage === 'asking' ? [{ kind: 'cancel', branch: askOf(call, transaction) }] : []
  return [withoutRelay(state, relay), ...asked]
}

/** Whether a request carries an offer, of which there is one at a time. */
export function isOffer({ method }: Pick<Relay, 'method'>): boolean {
  return method === 'INVITE' || method === 'UPDATE'
}

/** The transaction that carries a relayed request on the other side. */
export function askOf(call: Call, transaction: string): string {
  return `${call.id}-r-${transaction}`
}

export function withRelay(
  state: Up,
  event: RequestEvent,
  stage: Relay['stage'],
  sdp: string,
  isEarly?: true,
): Up {
  const { transaction, leg, method } = event
  return {
    ...state,
    relays: [
      ...state.relays,
      { transaction, from: leg, method, stage, sdp, made: '', ...(isEarly && { isEarly }) },
    ],
  }
}

export function withoutRelay(state: Up, relay: Relay): Up {
  return { ...state, relays: state.relays.filter(kept => kept.transaction !== relay.transaction) }
}

export function respondTo(transaction: string, status: number): Extract<Effect, { kind: 'respond' }> {
  return { kind: 'respond', transaction, status }
}

/** The state with what a leg has newly said or been told. */
export function withLeg(state: Up, name: LegName, change: Partial<Leg>): Up {
  return { ...state, legs: { ...state.legs, [name]: { ...state.legs[name], ...change } } }
}

function relayOf(state: Up, transaction: string): Relay | undefined {
  return state.relays.find(relay => relay.transaction === transaction)
}

function replaceRelay(state: Up, relay: Relay): Up {
  return { ...state, relays: state.relays.map(old => (old.transaction === relay.transaction ? relay : old)) }
}
