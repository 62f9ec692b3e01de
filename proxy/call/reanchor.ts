import type { Call, CallEvent, Effect, LegName, Step, Up } from './call.ts'
import { exchange, innerLeg, other, phoneLeg, sdpBody } from './parties.ts'
import { giveUpMove } from './move.ts'
import { isOffer, respondTo } from './reoffer.ts'
import { sameAddress } from './sdp.ts'

/**
 * A call that is up on its way to another media anchor, because its own is dead: what the inner leg has said is offered to the outer leg
 * through the new one (to a browser that is an ICE restart), and what comes back is told to the inner leg.
 *
 *     media-lost ─→ offering ─→ asking ─2xx→ answering ─→ telling ─2xx→ (anchored anew)
 */
export interface Reanchor {
  /** The name of the media at the new anchor. */
  readonly media: string
  /** `waiting`: a leg could not be asked just now. */
  readonly stage: 'offering' | 'asking' | 'waiting' | 'answering' | 'telling'
  /** How many times legs were asked. */
  readonly asked: number
  /** What the outer leg is offered, what it answered, and what of that the inner leg is told; empty until then. */
  readonly offered: string
  readonly heard: string
  readonly told: string
}

/** The two sides could not be joined again: the call is to end, after these effects. */
interface Failed {
  readonly failed: readonly Effect[]
}

type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** What becomes of it; undefined when the event has nothing to do with it. */
export function stepReanchor(call: Call, state: Up, event: CallEvent): Step | Failed | undefined {
  if (event.kind === 'media-lost') return event.media === state.media ? begin(call, state) : [state]
  const { anchor } = state
  return anchor && advance(call, state, anchor, event)
}

function advance(call: Call, state: Up, anchor: Reanchor, event: CallEvent): Step | Failed | undefined {
  switch (event.kind) {
    case 'media-offered':
      return event.key === anchor.media ? ask(call, state, { ...anchor, offered: event.sdp }) : undefined
    case 'media-answered':
      return event.key === anchor.media ? ask(call, state, { ...anchor, told: event.sdp }) : undefined
    case 'media-failed':
      return event.key === anchor.media ? failed() : undefined
    case 'response':
      return event.transaction === nameOf(anchor) ? responded(call, state, anchor, event) : undefined
    case 'timer':
      return event.timer === 'anchor' ? ask(call, state, anchor) : undefined
    case 'flow-back':
      return anchor.stage === 'waiting' ? ask(call, state, anchor, ...heardAgain) : undefined
    default:
      return undefined
  }
}

function begin(call: Call, before: Up): Step {
  // One whose agent has left lasts only until its clients are handed over: nobody hears it.
  if (before.anchor || before.loan || before.transfer?.left !== undefined) return [before]
  const [given, ...moveEnd] = giveUpMove(before) ?? [before]
  const state = given.kind === 'up' ? given : before
  const sent = state.sent + 1
  const media = `${call.id}-m${sent}`
  const offers = state.relays.filter(isOffer)
  const told = { offered: '', heard: '', told: '' }
  const inner = innerOf(call)
  return [
    {
      ...state,
      sent,
      relays: state.relays.filter(relay => !isOffer(relay)),
      anchor: { media, stage: 'offering', asked: 0, ...told },
    },
    ...moveEnd,
    // The old anchor will not make anything of them; whoever offered may offer again.
    ...offers
      .filter(({ stage }) => !stage.startsWith('late-'))
      .map(({ transaction }) => respondTo(transaction, 491)),
    {
      kind: 'invite',
      key: media,
      exchange: exchange(call, { ...state, media }, inner, state.legs[inner].heard),
    },
  ]
}

/** Asks the leg whose turn it is. */
function ask(call: Call, state: Up, anchor: Reanchor, ...before: readonly Effect[]): Step {
  const isInner = anchor.told !== ''
  const leg = isInner ? innerOf(call) : other(innerOf(call))
  const next: Reanchor = { ...anchor, stage: isInner ? 'telling' : 'asking', asked: anchor.asked + 1 }
  return [
    { ...state, anchor: next },
    ...before,
    {
      kind: 'ask',
      leg,
      dialog: state.legs[leg].dialog,
      transaction: nameOf(next),
      method: 'INVITE',
      headers: [],
      body: sdpBody(isInner ? anchor.told : anchor.offered),
    },
  ]
}

function responded(call: Call, state: Up, anchor: Reanchor, event: ResponseEvent): Step | Failed {
  if (event.status < 200) return [state]
  const inner = innerOf(call)
  const leg = anchor.stage === 'telling' ? inner : other(inner)
  if (event.status > 299) {
    if (!mayAskAgain(call, leg, anchor, event)) return failed()
    const waiting: Up = { ...state, anchor: { ...anchor, stage: 'waiting' } }
    return [waiting, { kind: 'start-timer', timer: 'anchor', ms: againMs }]
  }
  const ack: Effect = { kind: 'ack', dialog: state.legs[leg].dialog }
  const sdp = event.body?.type === 'application/sdp' ? event.body.content : ''
  if (leg === inner) return joined(call, state, anchor, sdp, ack)
  const { media } = anchor
  return [
    { ...state, anchor: { ...anchor, stage: 'answering', heard: sdp } },
    ack,
    { kind: 'answer', key: media, exchange: exchange(call, { ...state, media }, leg, sdp) },
  ]
}

/** An inner leg that sends from elsewhere now is not heard by the new anchor. */
function joined(call: Call, state: Up, anchor: Reanchor, sdp: string, ack: Effect): Step | Failed {
  const inner = innerOf(call)
  const outer = other(inner)
  if (!sameAddress(sdp, state.legs[inner].heard)) return failed(ack)
  const { media, offered, heard, told } = anchor
  const legs = {
    ...state.legs,
    [outer]: { ...state.legs[outer], heard, told: offered },
    [inner]: { ...state.legs[inner], heard: sdp, told },
  }
  return [{ ...state, anchor: undefined, media, legs }, ack]
}

/** RFC 3261 §14.1: two offers have crossed. And an agent whose connection is lost may come back. */
function mayAskAgain(
  call: Call,
  leg: LegName,
  { asked }: Reanchor,
  { status, local }: ResponseEvent,
): boolean {
  return (
    (local && leg === phoneLeg(call)) || (!local && (status === 491 || status === 500) && asked < mostAsked)
  )
}

function failed(...effects: readonly Effect[]): Failed {
  return { failed: effects }
}

function nameOf({ media, asked }: Reanchor): string {
  return `${media}-${asked}`
}

/** Of a call between two trunks either may be the one that is asked first. */
function innerOf(call: Call): LegName {
  return innerLeg(call) ?? 'b'
}

const heardAgain: readonly Effect[] = [
  { kind: 'stop-timer', timer: 'flow' },
  { kind: 'stop-timer', timer: 'anchor' },
]
/** RFC 3261 §14.1 has 2.1 to 4 s. */
const againMs = 2_500
const mostAsked = 6
