import type { Call, CallEvent, Effect, LegName, Step, Up } from '../call.ts'
import { ack, bye } from '../ending.ts'
import { passedOn } from '../failover.ts'
import { exchange, phoneLeg, sdpBody } from '../parties.ts'
import { isOffer, respondTo, withLeg } from '../reoffer.ts'
import { elsewhereReason } from '../second-session.ts'
import type { Verdict } from '../verdict.ts'

/**
 * The number that an agent talks to, on its way into the call of the agent's client: it is offered the media of that call by a re-INVITE.
 * Once the client has taken it, this call ends without it; when the client could not, it is offered the media of this one again.
 *
 *     lend ─→ asking ─2xx→ lent ─given→ (over, and the number is the client's)
 *                            └─take-back→ offering ─→ returning ─2xx→ answering ─→ (as it was)
 */
export interface Loan {
  readonly stage: 'asking' | 'lent' | 'offering' | 'returning' | 'answering'
  /** The last re-INVITE, and what the media anchor is asked for it. */
  readonly name: string
  /** What the number was offered by it. */
  readonly offered: string
  /** How the agent left meanwhile: the number stays until it is the client's. */
  readonly left?: Verdict
}

/** What the other call hears of it. `status`: of the number that did not want to, or of whatever else stood in the way. */
export type LoanWord =
  { readonly outcome: 'lent'; readonly sdp: string } | { readonly outcome: 'failed'; readonly status: number }

/** The call is over, with that verdict and after these effects. */
export interface Closed {
  readonly closed: Verdict
  readonly state: Up
  readonly effects: readonly Effect[]
}

type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** What becomes of a loan; undefined when the event has nothing to do with one. */
export function stepLoan(call: Call, state: Up, event: CallEvent): Step | Closed | undefined {
  if (event.kind === 'lend') return begin(call, state, event.sdp)
  const { loan } = state
  return loan && advance(call, state, loan, event)
}

/** The agent leaves while the number is lent; undefined when it is not, or this is not the agent's leg. */
export function leaveLoan(
  call: Call,
  state: Up,
  leg: LegName,
  verdict: Verdict,
  ...effects: readonly Effect[]
): Step | undefined {
  const { loan } = state
  if (!loan || loan.left !== undefined || leg !== phoneLeg(call)) return undefined
  return [{ ...state, loan: { ...loan, left: verdict } }, ...effects]
}

/** Whoever waits for the number is told that it does not come. */
export function loanFailed(status: number): Effect {
  return { kind: 'loan-told', word: { outcome: 'failed', status } }
}

function advance(call: Call, state: Up, loan: Loan, event: CallEvent): Step | Closed | undefined {
  switch (event.kind) {
    case 'response':
      return event.transaction === loan.name ? responded(call, state, loan, event) : undefined
    case 'timer':
      return event.timer === 'loan' ? [state, { kind: 'cancel', branch: loan.name }] : undefined
    case 'media-offered':
      return event.key === loan.name
        ? ask(call, state, { ...loan, stage: 'returning' }, event.sdp)
        : undefined
    case 'media-answered':
      return event.key === loan.name ? asBefore(state, loan) : undefined
    case 'media-failed':
      return event.key === loan.name ? lost(state) : undefined
    case 'take-back':
      return takeBack(call, state, loan)
    case 'given':
      return given(call, state, loan)
    case 'request':
      // One exchange at a time: RFC 3261 §14.2, RFC 3311 §5.2.
      return offers(event) ? [state, respondTo(event.transaction, 491)] : undefined
    default:
      return undefined
  }
}

function begin(call: Call, state: Up, sdp: string): Step {
  const isBusy = state.loan !== undefined || state.anchor !== undefined || state.relays.some(isOffer)
  if (isBusy || !call.anchored) return [state, loanFailed(491)]
  return ask(call, state, { stage: 'asking', name: '', offered: '' }, sdp)
}

/** The number is offered something else than before. */
function ask(call: Call, state: Up, loan: Loan, sdp: string): Step {
  const sent = state.sent + 1
  const name = `${call.id}-l${sent}`
  return [
    { ...state, sent, loan: { ...loan, name, offered: sdp } },
    {
      kind: 'ask',
      leg: 'b',
      dialog: state.legs.b.dialog,
      transaction: name,
      method: 'INVITE',
      headers: [],
      body: sdpBody(sdp),
    },
    { kind: 'start-timer', timer: 'loan', ms: patienceMs },
  ]
}

function responded(call: Call, state: Up, loan: Loan, event: ResponseEvent): Step | Closed {
  if (event.status < 200) return [state]
  if (event.status > 299) return refused(state, loan, event)
  const effects: readonly Effect[] = [stopTimer, ack(state.legs.b.dialog)]
  const sdp = event.body?.type === 'application/sdp' ? event.body.content : undefined
  const told = withLeg(state, 'b', { told: loan.offered })
  if (loan.stage === 'returning') {
    if (sdp === undefined) return lost(told, ...effects)
    const heard = withLeg(told, 'b', { heard: sdp })
    return [
      { ...heard, loan: { ...loan, stage: 'answering' } },
      ...effects,
      { kind: 'answer', key: loan.name, exchange: exchange(call, heard, 'b', sdp) },
    ]
  }
  if (sdp === undefined) return takeBack(call, told, { ...loan, stage: 'lent' }, ...effects, loanFailed(488))
  return [
    { ...told, loan: { ...loan, stage: 'lent' } },
    ...effects,
    { kind: 'loan-told', word: { outcome: 'lent', sdp } },
  ]
}

/** RFC 3261 §14.1: after a refused re-INVITE everything is as it was; but 481 and 408 end the dialog (§12.2.1.2). */
function refused(state: Up, loan: Loan, { status, local }: ResponseEvent): Step | Closed {
  if (local || status === 481 || status === 408)
    return { closed: 'dialog-lost', state, effects: [stopTimer, bye(state, 'a')] }
  if (loan.stage === 'returning') return lost(state, stopTimer)
  return asBefore(state, loan, stopTimer, loanFailed(passedOn(status)))
}

function takeBack(call: Call, state: Up, loan: Loan, ...effects: readonly Effect[]): Step | Closed {
  if (loan.stage !== 'lent') return [state]
  if (loan.left !== undefined) return asBefore(state, loan, ...effects)
  const { heard } = state.legs.a
  return [
    { ...state, loan: { ...loan, stage: 'offering' } },
    ...effects,
    { kind: 'offer', key: loan.name, exchange: exchange(call, state, 'a', heard) },
  ]
}

/** Agent and number go on as before; unless the agent has left. */
function asBefore(state: Up, { left }: Loan, ...effects: readonly Effect[]): Step | Closed {
  if (left === undefined) return [{ ...state, loan: undefined }, ...effects]
  return { closed: left, state, effects: [...effects, bye(state, 'b')] }
}

function given(call: Call, state: Up, { stage, left }: Loan): Step | Closed {
  if (stage !== 'lent') return [state]
  const leg = phoneLeg(call) ?? 'a'
  const farewell: readonly Effect[] =
    left === undefined ? [{ ...bye(state, leg), reason: elsewhereReason }] : []
  return { closed: 'replaced', state: { ...state, loan: undefined }, effects: farewell }
}

/** Whether a request wants something else to be agreed on; an UPDATE without a body does not (RFC 3311). */
function offers({ method, body }: Extract<CallEvent, { kind: 'request' }>): boolean {
  return method === 'INVITE' || (method === 'UPDATE' && body !== undefined)
}

/** The number hears nobody any more. */
function lost(state: Up, ...effects: readonly Effect[]): Closed {
  return { closed: 'media-failed', state, effects: [...effects, bye(state, 'a'), bye(state, 'b')] }
}

const stopTimer: Effect = { kind: 'stop-timer', timer: 'loan' }
/** How long the number may take to say whether it accepts; then the re-INVITE is cancelled. */
const patienceMs = 10_000
