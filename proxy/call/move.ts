import type { MediaExchange, MediaParty } from '../ports.ts'
import type { Call, CallEvent, Effect, Leg, LegName, Place, Step, TalkPlace, Up } from './call.ts'
import { settling } from './connect.ts'
import { ack } from './ending.ts'
import { healthAfter, type Refusal } from './failover.ts'
import { movedReason } from './agent-loss.ts'
import { agentLeg, innerLeg, mediaParty, other } from './parties.ts'
import { isOffer, respondTo } from './reoffer.ts'

/**
 * The inner leg on its way to another media server, or to somebody outside. The outer leg hears nothing of it: the new server is asked into the same conference
 * while the old one goes on, then the media anchor is switched, and only then the old leg is closed.
 *
 *     move ─→ offering ─→ asking ─2xx→ ready ─switch→ switching ─→ (moved)
 */
export interface Move {
  readonly place: Place | TalkPlace
  /** Which leg it is. */
  readonly leg: LegName
  /** The server where the leg is now is dead. */
  readonly isLost: boolean
  /** The old leg is over already: without the new one there is none. */
  readonly isAlone: boolean
  /** The INVITE to the new server; also the tag of its media. */
  readonly branch: string
  readonly stage: 'offering' | 'asking' | 'ready' | 'switching'
  /** The place outside rings, and has more time. */
  readonly rings?: true
  readonly offered: string
  readonly dialog: string
  readonly answered: string
}

/**
 * How a move ended: `busy` is one that was not begun, because an offer is under way or another move is; `absent` that of a client whose
 * agent is not in the conference of the new server (486), perhaps not yet.
 */
export type MoveEnd = 'moved' | 'failed' | 'busy' | 'absent'

/** How far a move can come. `offered`: whoever talks to the agent is to be offered something. */
export type MoveOutcome = 'offered' | 'ready' | MoveEnd

/** How far a move has come. */
export interface MoveWord {
  readonly outcome: MoveOutcome
  /** Of a place outside that did not take the call. */
  readonly status?: number | undefined
  /** What whoever talks to the agent is offered. */
  readonly sdp?: string
}

/** What becomes of a move; undefined when the event has nothing to do with one. */
export function stepMove(call: Call, state: Up, event: CallEvent): Step | undefined {
  if (event.kind === 'move') return begin(call, state, event)
  const { move } = state
  // The offer was made for a move that was given up since.
  if (event.kind === 'accepted' && !move) return [state, { kind: 'move-told', outcome: 'failed' }]
  return move && advance(call, state, move, event)
}

function advance(call: Call, state: Up, move: Move, event: CallEvent): Step | undefined {
  switch (event.kind) {
    case 'media-offered':
      return event.key === move.branch ? dial(call, state, move, event.sdp) : undefined
    case 'media-answered':
      return event.key === move.branch ? moved(call, state, move) : undefined
    case 'media-failed':
      return event.key === move.branch ? giveUpMove(state) : undefined
    case 'response':
      return event.transaction === move.branch ? responded(call, state, move, event) : undefined
    case 'timer':
      return event.timer === 'move' && move.stage === 'asking'
        ? refused(state, move, { status: 408, local: true }, { kind: 'cancel', branch: move.branch })
        : undefined
    case 'accepted':
      return accepted(call, state, move, event.sdp)
    case 'switch':
      return move.stage === 'ready' ? change(call, state, move) : [state]
    case 'stay':
      return giveUpMove(state)
    default:
      return undefined
  }
}

/** The old server ends the leg that is about to leave it: that is what was wanted. Undefined when no other leg is ready. */
export function leftBehind(state: Up, leg: LegName): Up | undefined {
  const { move } = state
  if (leg !== move?.leg) return undefined
  if (move.stage !== 'ready' && move.stage !== 'switching') return undefined
  return { ...state, move: { ...move, isAlone: true } }
}

/** Gives a move up that is under way, or only the one that made `dialog`; undefined when there is none such. */
export function giveUpMove(state: Up, dialog?: string): Step | undefined {
  const { move } = state
  if (!move || (dialog !== undefined && move.dialog !== dialog)) return undefined
  const leave = move.place.kind === 'talk' ? [] : leaving(move, dialog === undefined)
  const dropped = dropMedia(state, move.branch)
  return [{ ...state, move: undefined }, ...leave, dropped, { kind: 'move-told', outcome: 'failed' }]
}

/** What the place that was asked is told. A talk is not this call's to end. */
function leaving({ stage, branch, dialog }: Move, isThere: boolean): readonly Effect[] {
  if (stage === 'asking') return [stopTimer, { kind: 'cancel', branch }]
  const isUp = stage === 'ready' || stage === 'switching'
  return isUp && isThere ? [{ kind: 'bye', dialog }] : []
}

function begin(call: Call, state: Up, { place, isLost }: Extract<CallEvent, { kind: 'move' }>): Step {
  const isBusy =
    state.move !== undefined || state.anchor !== undefined || (!isLost && state.relays.some(isOffer))
  const leg = innerLeg(call)
  if (!call.anchored || isBusy || leg === undefined) return [state, { kind: 'move-told', outcome: 'busy' }]
  const sent = state.sent + 1
  const branch = `${call.id}-b${sent}`
  const outer = other(leg)
  const told = { offered: '', dialog: '', answered: '' }
  const move: Move = { place, leg, isLost, isAlone: false, branch, stage: 'offering', ...told }
  const { heard } = state.legs[outer]
  // What was asked of a dead server will not be answered; whoever asked may ask again.
  const relays = isLost ? [] : state.relays
  const dropped = state.relays.filter(relay => !relays.includes(relay) && !relay.stage.startsWith('late-'))
  return [
    { ...state, sent, move, relays },
    ...dropped.map(({ transaction }) => respondTo(transaction, 491)),
    { kind: 'invite', key: branch, exchange: exchangeOf(call, state, move, outer, heard) },
  ]
}

function dial(call: Call, state: Up, move: Move, sdp: string): Step {
  const { place, branch } = move
  const asking: Up = { ...state, move: { ...move, stage: 'asking', offered: sdp } }
  // It is asked in the call whose dialog that is.
  if (place.kind === 'talk') return [asking, { kind: 'move-told', outcome: 'offered', sdp }]
  return [
    asking,
    { kind: 'dial', place, branch, sdp },
    { kind: 'start-timer', timer: 'move', ms: call.tryMs },
  ]
}

type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** Somebody's telephone rings for as long as it would for any other call; a media server answers at once. */
function ringing(call: Call, state: Up, move: Move, { status }: ResponseEvent): Step {
  if (move.place.kind === 'server' || move.rings || status === 100) return [state]
  return [
    { ...state, move: { ...move, rings: true } },
    stopTimer,
    { kind: 'start-timer', timer: 'move', ms: call.ringMs },
  ]
}

function responded(call: Call, state: Up, move: Move, event: ResponseEvent): Step {
  if (move.stage !== 'asking') return [state]
  if (event.status < 200) return ringing(call, state, move, event)
  if (event.status > 299) return refused(state, move, event)
  const { dialog = '', body } = event
  if (body?.type !== 'application/sdp') {
    return refused(state, move, { status: 488, local: false }, ack(dialog), { kind: 'bye', dialog })
  }
  return [
    { ...state, move: { ...move, stage: 'ready', dialog, answered: body.content } },
    stopTimer,
    ack(dialog),
    { kind: 'judge', place: move.place, outcome: 'succeeded' },
    { kind: 'move-told', outcome: 'ready' },
  ]
}

function refused(state: Up, move: Move, refusal: Refusal, ...effects: readonly Effect[]): Step {
  const { place } = move
  const told: Effect =
    place.kind === 'server'
      ? { kind: 'move-told', outcome: refusal.status === 486 ? 'absent' : 'failed' }
      : { kind: 'move-told', outcome: 'failed', status: refusal.status }
  return [
    { ...state, move: undefined },
    stopTimer,
    ...effects,
    dropMedia(state, move.branch),
    { kind: 'judge', place, outcome: healthAfter(refusal) },
    told,
  ]
}

/** Whoever talks to the agent hears this call from now on. */
function accepted(call: Call, state: Up, move: Move, sdp: string): Step {
  if (move.place.kind !== 'talk' || move.stage !== 'asking') return [state]
  return change(call, state, { ...move, dialog: move.place.dialog, answered: sdp })
}

/** The answer of the new server is the switch of the media. */
function change(call: Call, state: Up, move: Move): Step {
  return [
    { ...state, move: { ...move, stage: 'switching' } },
    { kind: 'answer', key: move.branch, exchange: exchangeOf(call, state, move, move.leg, move.answered) },
  ]
}

function moved(call: Call, state: Up, move: Move): Step | undefined {
  if (move.stage !== 'switching') return undefined
  const { place, leg: inner } = move
  const old = state.legs[inner]
  const leg = { dialog: move.dialog, tag: move.branch, heard: move.answered, told: move.offered }
  const after: Up = {
    ...state,
    move: undefined,
    server: place.kind === 'server' ? place.server : undefined,
    legs: { ...state.legs, [inner]: leg },
    former: [...state.former, old.dialog].slice(-mostFormer),
  }
  return [
    move.isLost && !move.isAlone ? { ...after, untidy: [...state.untidy, old] } : after,
    ...closing(call, state, move, old),
    ...settling(call, after),
    { kind: 'move-told', outcome: 'moved' },
  ]
}

/** The old leg is closed. On a server that is dead that has time until the calls that are still on it have been moved. */
function closing(call: Call, state: Up, { isAlone, isLost }: Move, { dialog, tag }: Leg): readonly Effect[] {
  if (isAlone) return [dropMedia(state, tag)]
  if (isLost) return [{ kind: 'start-timer', timer: 'tidy', ms: tidyMs }]
  const farewell = agentLeg(call) === undefined ? {} : { reason: movedReason }
  return [{ kind: 'bye', dialog, ...farewell }, dropMedia(state, tag)]
}

/** What lost servers hold is given back; the BYE is for one that only hung and comes back. */
export function tidy(state: Up): Step {
  const byes = state.untidy.map(({ dialog }): Effect => ({ kind: 'bye', dialog }))
  return [{ ...state, untidy: [] }, ...byes, ...state.untidy.map(({ tag }) => dropMedia(state, tag))]
}

const tidyMs = 1_000
/** How many dialogs that were given up are remembered. */
const mostFormer = 4

const stopTimer: Effect = { kind: 'stop-timer', timer: 'move' }

function dropMedia({ media }: Up, tag: string): Effect {
  return { kind: 'drop-media', media, tag }
}

/** An SDP between the outer leg and the new server. */
function exchangeOf(call: Call, { media, legs }: Up, move: Move, from: LegName, sdp: string): MediaExchange {
  const outer = other(move.leg)
  const there: MediaParty = { tag: move.branch, side: move.place.kind === 'server' ? 'server' : 'carrier' }
  const here = mediaParty(call, outer, legs[outer].tag)
  if (from !== outer) return { call: media, from: there, to: here, sdp }
  const { place } = move
  return { call: media, from: here, to: there, sdp, ...(place.kind === 'talk' && { told: place.told }) }
}
