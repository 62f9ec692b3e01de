import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Call, CallEvent, CallState, Effect, Step } from './call.ts'
import { afterRefusal, healthAfter } from './failover.ts'
import { stepUp } from './in-dialog.ts'
import type { Verdict } from './verdict.ts'

/** The state in which a call begins. */
export const initial: CallState = { kind: 'placing', tried: [] }

/** What becomes of a call, and what is to be done, when `event` happens. */
export function step(call: Call, state: CallState, event: CallEvent): Step {
  const stray = strayAnswer(call, state, event)
  if (stray) return [state, ...stray]
  if (event.kind === 'request' && state.kind !== 'up') return early(call, state, event)
  switch (state.kind) {
    case 'placing':
      return placing(call, state, event)
    case 'offering':
      return offering(call, state, event)
    case 'trying':
      return trying(call, state, event)
    case 'answering':
      return answering(call, state, event)
    case 'up':
      return stepUp(call, state, event)
    case 'over':
      return tooLate(call, state, event)
  }
}

/** What was under way when the call ended is given back when it arrives. */
function tooLate(call: Call, state: CallState, event: CallEvent): Step {
  if (event.kind === 'placed') return [state, { kind: 'release' }]
  const first = event.kind === 'media-offered' && event.key.startsWith(`${call.id}-b`)
  return first ? [state, { kind: 'end-media', branch: event.key }] : [state]
}

/** The INVITE that asks the n-th media server; it names the anchored media too. */
export function branchOf(call: Call, tried: readonly string[]): string {
  return `${call.id}-b${tried.length}`
}

/** A 2xx to an INVITE that nobody waits for any more makes a dialog that must be ended (RFC 3261 §9.1, §15). */
function strayAnswer(call: Call, state: CallState, event: CallEvent): readonly Effect[] | undefined {
  if (event.kind !== 'response' || event.dialog === undefined || event.status < 200 || event.status > 299)
    return undefined
  if (!event.transaction.startsWith(`${call.id}-b`)) return undefined
  if (state.kind === 'trying' && event.transaction === state.branch) return undefined
  return [ack(event.dialog), { kind: 'bye', dialog: event.dialog }]
}

/** A request of the media server inside a dialog that the caller does not share yet. */
function early(call: Call, state: CallState, event: Extract<CallEvent, { kind: 'request' }>): Step {
  if (event.method !== 'BYE') return [state, { kind: 'respond', transaction: event.transaction, status: 500 }]
  const ok: Effect = { kind: 'respond', transaction: event.transaction, status: 200 }
  if (state.kind !== 'answering') return [state, ok]
  return refuse(call, 503, 'server-hung-up', ok, { kind: 'end-media', branch: state.branch })
}

type Placing = Extract<CallState, { kind: 'placing' }>

function placing(call: Call, state: Placing, event: CallEvent): Step {
  switch (event.kind) {
    case 'began':
      return call.server ? offerTo(call, call.server, state.tried) : [state, { kind: 'place', exclude: [] }]
    case 'placed':
      return offerTo(call, event.server, state.tried)
    case 'not-placed':
      if (state.tried.length > 0) return refuse(call, 503, 'servers-failed')
      return [
        { kind: 'over', verdict: 'no-server' },
        {
          kind: 'respond',
          transaction: call.transaction,
          status: 503,
          headers: [['Retry-After', String(event.retryAfterSec)]],
        },
        ...ending(call, 'no-server', 503),
      ]
    case 'cancelled':
      return cancelled(call)
    case 'hang-up':
      return refuse(call, 480, 'ended-by-operator')
    default:
      return [state]
  }
}

function offerTo(call: Call, server: MediaServer, tried: readonly string[]): Step {
  const branch = branchOf(call, [...tried, server.id])
  return [
    { kind: 'offering', server, tried: [...tried, server.id] },
    { kind: 'offer', key: branch, branch, from: 'a', sdp: call.offer },
  ]
}

type Offering = Extract<CallState, { kind: 'offering' }>

function offering(call: Call, state: Offering, event: CallEvent): Step {
  const branch = branchOf(call, state.tried)
  switch (event.kind) {
    case 'media-offered':
      return [
        { ...state, kind: 'trying', branch, ringing: false, offered: event.sdp },
        { kind: 'dial', server: state.server, branch, sdp: event.sdp },
        { kind: 'start-timer', timer: 'try', ms: call.tryMs },
      ]
    case 'media-failed':
      return refuse(call, 503, 'media-failed', { kind: 'end-media', branch })
    case 'cancelled':
      return cancelled(call, { kind: 'end-media', branch })
    case 'hang-up':
      return refuse(call, 480, 'ended-by-operator', { kind: 'end-media', branch })
    default:
      return [state]
  }
}

type Trying = Extract<CallState, { kind: 'trying' }>

function trying(call: Call, state: Trying, event: CallEvent): Step {
  const stop: Effect = { kind: 'stop-timer', timer: state.ringing ? 'ring' : 'try' }
  const drop: readonly Effect[] = [
    stop,
    { kind: 'cancel', branch: state.branch },
    { kind: 'end-media', branch: state.branch },
  ]
  switch (event.kind) {
    case 'response':
      return event.transaction === state.branch ? responded(call, state, event, stop) : [state]
    case 'timer':
      if (event.timer === 'ring') return refuse(call, 480, 'refused', ...drop)
      return afterFailure(call, state, { status: 408, local: true }, ...drop)
    case 'cancelled':
      return cancelled(call, ...drop)
    case 'hang-up':
      return refuse(call, 480, 'ended-by-operator', ...drop)
    default:
      return [state]
  }
}

function responded(
  call: Call,
  state: Trying,
  event: Extract<CallEvent, { kind: 'response' }>,
  stop: Effect,
): Step {
  if (event.status < 200) return progress(call, state, event.status, stop)
  if (event.status > 299) {
    return afterFailure(call, state, event, stop, { kind: 'end-media', branch: state.branch })
  }
  const { server, branch } = state
  const dialog = event.dialog ?? ''
  const judge: Effect = { kind: 'judge', server: server.id, outcome: 'succeeded' }
  if (event.body === undefined) {
    const drop: readonly Effect[] = [
      stop,
      ack(dialog),
      { kind: 'bye', dialog },
      { kind: 'end-media', branch },
    ]
    return refuse(call, 503, 'refused', ...drop)
  }
  return [
    { kind: 'answering', server, branch, dialog, offered: state.offered, answered: event.body.content },
    stop,
    ack(dialog),
    judge,
    { kind: 'answer', key: branch, branch, from: 'b', sdp: event.body.content },
  ]
}

/** 100 Trying only says that the message arrived; from 101 on the server works on the call and is no longer hurried. */
function progress(call: Call, state: Trying, status: number, stop: Effect): Step {
  if (status === 100 || state.ringing) return [state]
  return [
    { ...state, ringing: true },
    stop,
    { kind: 'start-timer', timer: 'ring', ms: call.ringMs },
    { kind: 'respond', transaction: call.transaction, status: 180 },
  ]
}

function afterFailure(
  call: Call,
  state: Trying,
  failure: { status: number; local: boolean },
  ...effects: Effect[]
): Step {
  const next = afterRefusal(failure, call.kind === 'agent', call.attempts - state.tried.length)
  const judge: Effect = { kind: 'judge', server: state.server.id, outcome: healthAfter(failure) }
  if (next.kind === 'next') {
    const { tried } = state
    return [
      { kind: 'placing', tried },
      ...effects,
      judge,
      { kind: 'release' },
      { kind: 'place', exclude: tried },
    ]
  }
  // The dialplan's guard says 486 when the agent's conference is not there: nobody is busy, somebody is away.
  const away = call.kind === 'client' && next.status === 486
  const verdict: Verdict = away ? 'agent-away' : failure.local ? 'servers-failed' : 'refused'
  return refuse(call, away ? 480 : next.status, verdict, ...effects, judge)
}

type Answering = Extract<CallState, { kind: 'answering' }>

function answering(call: Call, state: Answering, event: CallEvent): Step {
  const { server, branch, dialog } = state
  const drop: readonly Effect[] = [
    { kind: 'bye', dialog },
    { kind: 'end-media', branch },
  ]
  switch (event.kind) {
    case 'media-answered':
      return [
        {
          kind: 'up',
          server,
          branch,
          dialogs: { a: call.dialog, b: dialog },
          heard: { a: call.offer, b: state.answered },
          told: { a: event.sdp, b: state.offered },
          relays: [],
        },
        {
          kind: 'respond',
          transaction: call.transaction,
          status: 200,
          body: { type: 'application/sdp', content: event.sdp },
        },
        ...(call.kind === 'agent' ? ([{ kind: 'settle', server: server.id }] as const) : []),
      ]
    case 'media-failed':
      return refuse(call, 503, 'media-failed', ...drop)
    case 'cancelled':
      return cancelled(call, ...drop)
    case 'hang-up':
      return refuse(call, 480, 'ended-by-operator', ...drop)
    case 'dialog-ended':
      return refuse(call, 503, 'dialog-lost', { kind: 'end-media', branch })
    default:
      return [state]
  }
}

/** The caller is told `status`, and the call is over. */
function refuse(call: Call, status: number, verdict: Verdict, ...effects: readonly Effect[]): Step {
  const respond: Effect = { kind: 'respond', transaction: call.transaction, status }
  return [{ kind: 'over', verdict }, ...effects, respond, ...ending(call, verdict, status)]
}

/** The caller gave up; 487 is the edge's. */
function cancelled(call: Call, ...effects: readonly Effect[]): Step {
  return [{ kind: 'over', verdict: 'cancelled' }, ...effects, ...ending(call, 'cancelled', 487)]
}

/** What is done at the end of every call. */
function ending(call: Call, verdict: Verdict, status: number): readonly Effect[] {
  const release: readonly Effect[] = call.kind === 'agent' ? [{ kind: 'release' }] : []
  return [...release, { kind: 'record', verdict, status }]
}

function ack(dialog: string): Effect {
  return { kind: 'ack', dialog }
}
