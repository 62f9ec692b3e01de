import type { Body } from '../ports.ts'
import type { Answering, Call, CallEvent, Effect, Late, Step, Trying, Up } from './call.ts'
import { settling } from './connect.ts'
import { dropEarly, stepEarly, upAfter } from './early-offer.ts'
import { ack, endMedia, refuse, stopHurry } from './ending.ts'
import { afterRefusal, healthAfter, type Refusal } from './failover.ts'
import { firstExchange, sdpBody } from './parties.ts'
import { goOn } from './placing.ts'

type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** A place was asked. */
export function stepTrying(call: Call, state: Trying, event: CallEvent): Step {
  switch (event.kind) {
    case 'response':
      return event.transaction === state.branch
        ? responded(call, state, event)
        : stepEarly(call, state, event)
    case 'media-answered':
      return event.key === earlyKey(state)
        ? heardEarly(call, state, event.sdp)
        : stepEarly(call, state, event)
    case 'timer':
      if (event.timer === 'ring') return refuse(call, state, 480, 'refused')
      return event.timer === 'try'
        ? failed(call, state, { status: 408, local: true }, cancel(state))
        : [state]
    case 'server-lost':
      return failed(call, state, { status: 503, local: true }, cancel(state))
    default:
      // Early media that the anchor cannot serve is no reason to give the call up.
      return stepEarly(call, state, event)
  }
}

function responded(call: Call, state: Trying, event: ResponseEvent): Step {
  if (event.status < 200) return progress(call, state, event)
  return event.status < 300 ? accepted(call, state, event) : failed(call, state, event)
}

/** 100 Trying only says that the message arrived; from 101 on the place works on the call and is no longer hurried. */
function progress(call: Call, state: Trying, { status, body, dialog = state.dialog }: ResponseEvent): Step {
  if (status === 100) return [state]
  const ring: readonly Effect[] = state.ringing
    ? []
    : [stopHurry(state), { kind: 'start-timer', timer: 'ring', ms: call.ringMs }]
  const ringing: Trying = { ...state, ringing: true, ...(dialog !== undefined && { dialog }) }
  if (isEarlyAnswer(call, state, body))
    return [
      { ...ringing, early: body.content },
      ...ring,
      { kind: 'answer', key: earlyKey(state), exchange: firstExchange(call, state, 'b', body.content) },
    ]
  const told = toldStatus(status)
  if (told === state.told || state.early !== undefined) return [ringing, ...ring]
  return [{ ...ringing, told }, ...ring, { kind: 'respond', transaction: call.transaction, status: told }]
}

/** Whether the caller is to hear of a description: after a new offer it is no answer any more. */
function isEarlyAnswer({ offer }: Call, { early, session }: Trying, body?: Body): body is Body {
  const isAnswer = body?.type === 'application/sdp' && offer !== undefined
  return isAnswer && session === undefined && body.content !== early
}

/** Ringing, forwarded, queued and progress mean the same on both sides (RFC 3261 §21.1); others stay progress. */
function toldStatus(status: number): number {
  return status >= 180 && status <= 183 ? status : 183
}

/** The caller may hear what the place plays before it accepts. */
function heardEarly(call: Call, state: Trying, sdp: string): Step {
  const { transaction } = call
  return [
    { ...state, told: 183, earlyTold: sdp },
    { kind: 'respond', transaction, status: 183, body: sdpBody(sdp) },
  ]
}

function accepted(call: Call, state: Trying, event: ResponseEvent): Step {
  const { place, branch, tried, rehomed, offered } = state
  const attempt = { place, branch, tried, rehomed }
  const dialog = event.dialog ?? ''
  const sdp = event.body?.type === 'application/sdp' ? event.body.content : undefined
  const ready: readonly Effect[] = [stopHurry(state), { kind: 'judge', place, outcome: 'succeeded' }]
  if (state.session) return agreedBefore(call, upAfter(state.session, dialog), ready)
  // RFC 3261 §13.2.1: the first reliable answer counts; a 2xx after it may have none.
  const answered = sdp ?? state.early
  if (answered === undefined || (offered === undefined && sdp === undefined)) {
    const late: Late = {
      kind: 'late',
      stage: 'offering',
      ...attempt,
      dialog,
      offer: '',
      told: '',
      answer: '',
    }
    return refuse(call, late, 503, 'refused', ...ready)
  }
  if (offered === undefined) {
    const late: Late = {
      kind: 'late',
      stage: 'offering',
      ...attempt,
      dialog,
      offer: answered,
      told: '',
      answer: '',
    }
    return [
      late,
      ...ready,
      { kind: 'invite', key: branch, exchange: firstExchange(call, attempt, 'b', answered) },
    ]
  }
  const answering: Answering = { kind: 'answering', ...attempt, dialog, offered, answered }
  const exchange = firstExchange(call, attempt, 'b', answered)
  return [answering, ack(dialog), ...ready, { kind: 'answer', key: branch, exchange }]
}

/** What the caller is to be told it knows already. */
function agreedBefore(call: Call, up: Up, ready: readonly Effect[]): Step {
  const { transaction } = call
  const { a, b } = up.legs
  return [
    up,
    ack(b.dialog),
    ...ready,
    ...settling(call, up),
    { kind: 'respond', transaction, status: 200, body: sdpBody(a.told) },
  ]
}

function failed(call: Call, state: Trying, refusal: Refusal, ...cancels: readonly Effect[]): Step {
  const { place, tried, rehomed } = state
  const drop: readonly Effect[] = [
    stopHurry(state),
    ...cancels,
    ...dropEarly(state),
    endMedia(state),
    { kind: 'judge', place, outcome: healthAfter(refusal) },
  ]
  const next = afterRefusal(call, state, refusal)
  const placing = { kind: 'placing', tried, rehomed } as const
  if (next.kind === 'give-up') return refuse(call, placing, next.status, next.verdict, ...drop)
  return goOn(call, placing, next, drop)
}

function cancel({ branch }: Trying): Effect {
  return { kind: 'cancel', branch }
}

function earlyKey({ branch }: Trying): string {
  return `${branch}-early`
}
