import type { Call, CallEvent, Effect, LegName, Step, Up } from './call.ts'
import { isAgentLost, lostReason, reasonOf, verdictOfBye } from './agent-loss.ts'
import { methodsOf, relayedHeaders } from './b-leg.ts'
import { conferenceEventType } from './conference-event.ts'
import { bye, ending } from './ending.ts'
import { giveUpMove, leftBehind, stepMove, tidy } from './move.ts'
import { outwardBody } from './outward-body.ts'
import { agentLeg, innerLeg, other, partyOf, phoneLeg } from './parties.ts'
import {
  acknowledged,
  agreed,
  askOf,
  isOffer,
  mediaDone,
  mediaFailed,
  reoffer,
  respondTo,
  withdrawn,
  withoutRelay,
  withRelay,
} from './reoffer.ts'
import { stepReanchor } from './reanchor.ts'
import { elsewhereReason, replacedReason } from './second-session.ts'
import { leaveLoan, loanFailed, stepLoan } from './transfer/loan.ts'
import { leave, refer, transferred } from './transfer/transfer.ts'
import { hungUp, type Verdict } from './verdict.ts'

type RequestEvent = Extract<CallEvent, { kind: 'request' }>
type Respond = Extract<Effect, { kind: 'respond' }>
type ResponseEvent = Extract<CallEvent, { kind: 'response' }>

/** What becomes of a call whose two legs are up. */
export function stepUp(call: Call, state: Up, event: CallEvent): Step {
  const stepped = react(call, state, event)
  const [after, ...effects] = stepped
  if (!state.move?.isAlone || after.kind !== 'up' || after.move !== undefined) return stepped
  const inner = innerLeg(call)
  if (inner === undefined) return stepped
  if (after.legs[inner].dialog !== state.legs[inner].dialog) return stepped
  // The move has failed whose old leg was over already.
  return end(call, after, hungUp(call.kind, inner), 'gone', ...effects, bye(after, other(inner)))
}

function react(call: Call, state: Up, event: CallEvent): Step {
  const anchored = stepReanchor(call, state, event)
  if (anchored && 'failed' in anchored)
    return end(call, state, 'media-failed', 'gone', ...anchored.failed, bye(state, 'a'), bye(state, 'b'))
  if (anchored) return anchored
  const lent = stepLoan(call, state, event)
  if (lent && 'closed' in lent) return end(call, lent.state, lent.closed, 'gone', ...lent.effects)
  if (lent) return lent
  switch (event.kind) {
    case 'request':
      return request(call, state, event)
    case 'dialog-ended':
      return dialogEnded(call, state, event)
    case 'acked':
      return acknowledged(call, state, event)
    case 'relay-cancelled':
      return withdrawn(call, state, event.transaction)
    case 'server-lost':
      // The BYE towards it is for a server that only hung and comes back with the leg still up.
      return end(call, state, 'server-lost', 'gone', bye(state, 'a'), bye(state, 'b'))
    case 'hang-up':
      return end(call, state, 'ended-by-operator', 'gone', bye(state, 'a'), bye(state, 'b'))
    case 'replaced':
      return replaced(call, state)
    case 'tell':
      return tell(call, state, event)
    case 'transferred':
      return settled(call, state, event.status)
    case 'flow-closed':
    case 'flow-back':
    case 'timer':
      return flow(call, state, event)
    default:
      return exchange(call, state, event)
  }
}

/** What the other leg, the media anchor or the new server of a move has to say. */
function exchange(call: Call, state: Up, event: CallEvent): Step {
  const moved = stepMove(call, state, event)
  if (moved) return moved
  switch (event.kind) {
    case 'response':
      return response(call, state, event)
    case 'media-offered':
    case 'media-answered':
      return mediaDone(call, state, event)
    case 'media-failed':
      return mediaFailed(state, event)
    default:
      return [state]
  }
}

/** A transfer is done. Of an agent that left meanwhile nothing is left to wait for. */
function settled(call: Call, state: Up, status: number): Step {
  const verdict = state.transfer?.left
  if (verdict === undefined) return transferred(call, state, status)
  return lose(call, state, verdict, [innerLeg(call) ?? 'b'])
}

/** The agent's page is told why it is sent away, so that nobody takes it for a fault. */
function replaced(call: Call, state: Up): Step {
  const leg = phoneLeg(call)
  if (leg === undefined) return [state]
  const reason = leg === agentLeg(call) ? replacedReason : elsewhereReason
  const farewell: Effect = { ...bye(state, leg), reason }
  return end(call, state, 'replaced', 'gone', farewell, bye(state, other(leg)))
}

/** The door itself speaks to the agent; whether it was heard changes nothing. */
function tell(call: Call, state: Up, { transaction, body }: Extract<CallEvent, { kind: 'tell' }>): Step {
  const leg = agentLeg(call)
  if (leg === undefined) return [state]
  const { dialog } = state.legs[leg]
  if (state.transfer?.left !== undefined) return [state]
  return [state, { kind: 'ask', leg, dialog, transaction, method: 'MESSAGE', headers: [], body }]
}

/** The agent's connection is not the call: it may come back on another one. */
function flow(
  call: Call,
  state: Up,
  event: Extract<CallEvent, { kind: 'flow-closed' | 'flow-back' | 'timer' }>,
): Step {
  if (event.kind === 'flow-closed')
    return [state, { kind: 'start-timer', timer: 'flow', ms: call.flowGraceMs }]
  if (event.kind === 'flow-back') return [state, { kind: 'stop-timer', timer: 'flow' }]
  if (event.timer === 'tidy') return tidy(state)
  if (event.timer === 'move') return stepMove(call, state, event) ?? [state]
  if (event.timer !== 'flow') return [state]
  const leg = phoneLeg(call) ?? 'a'
  return (
    goOnWithout(call, state, leg, 'flow-lost', bye(state, leg)) ?? lose(call, state, 'flow-lost', ['b', 'a'])
  )
}

function dialogEnded(call: Call, state: Up, event: Extract<CallEvent, { kind: 'dialog-ended' }>): Step {
  if (event.dialog !== state.legs[event.leg].dialog) return giveUpMove(state, event.dialog) ?? [state]
  const left = leftBehind(state, event.leg)
  if (left) return [left]
  return (
    goOnWithout(call, state, event.leg, 'dialog-lost') ?? lose(call, state, 'dialog-lost', [other(event.leg)])
  )
}

/** An agent leaves, and what it wanted of its client is carried out without it; undefined when that is nothing, or `leg` is not the agent's. */
function goOnWithout(
  call: Call,
  state: Up,
  leg: LegName,
  verdict: Verdict,
  ...effects: readonly Effect[]
): Step | undefined {
  const leaving = leg === agentLeg(call) ? leave(call, state, verdict, ...effects) : undefined
  return leaving ?? leaveLoan(call, state, leg, verdict, ...effects)
}

function request(call: Call, state: Up, event: RequestEvent): Step {
  if (event.dialog !== state.legs[event.leg].dialog && !isAhead(state, event))
    return strayRequest(state, event)
  const left = event.method === 'BYE' ? leftBehind(state, event.leg) : undefined
  if (left) return [left, respondTo(event.transaction, 200)]
  const respond = (status: number): Respond => respondTo(event.transaction, status)
  if (state.transfer?.left !== undefined && event.method !== 'BYE') return [state, respond(480)]
  switch (event.method) {
    case 'BYE':
      return byeHeard(call, state, event)
    case 'INVITE':
      return reoffer(call, state, event)
    case 'UPDATE':
      // RFC 3311 without a body only refreshes the session: each side has its own timer.
      return event.body === undefined ? [state, respond(200)] : reoffer(call, state, event)
    case 'INFO':
    case 'MESSAGE':
      return say(call, state, event)
    case 'REFER':
      return refer(call, state, event)
    default: {
      const status = event.method === 'OPTIONS' ? 200 : 405
      return [state, { ...respond(status), headers: [['Allow', methodsOf(partyOf(call, event.leg))]] }]
    }
  }
}

function byeHeard(call: Call, state: Up, { leg, transaction, headers }: RequestEvent): Step {
  const verdict = verdictOfBye(call, leg, headers)
  const ok = respondTo(transaction, 200)
  const left = goOnWithout(call, state, leg, verdict, ok)
  if (left) return left
  const isLost = leg === innerLeg(call) && isAgentLost(call, verdict, reasonOf(headers))
  return end(call, state, verdict, isLost ? 'lost' : 'gone', ok, bye(state, other(leg)))
}

/** The new server of a move tells of its conference before the media is switched to it. */
function isAhead({ move }: Up, { dialog, method }: RequestEvent): boolean {
  return move?.dialog === dialog && (method === 'MESSAGE' || method === 'OPTIONS')
}

/** A media server speaks in a dialog that a move has given up, or has not taken up yet. */
function strayRequest(state: Up, { dialog, method, transaction }: RequestEvent): Step {
  if (method !== 'BYE') return [state, respondTo(transaction, state.move?.dialog === dialog ? 491 : 481)]
  const given = giveUpMove(state, dialog) ?? [state]
  return [...given, respondTo(transaction, 200)]
}

/** What a media server or another carrier says is rebuilt on its way out, and only agents hear of their conference. */
function say(call: Call, state: Up, event: RequestEvent): Step {
  const asking = withRelay(state, event, 'asking', '')
  const inner = innerLeg(call)
  if (inner !== undefined && event.leg !== inner) return ask(call, asking, event)
  const isEvent = event.body?.type === conferenceEventType
  const body = outwardBody(event.method, event.body, call.id)
  if (body === undefined || (isEvent && agentLeg(call) === undefined))
    return [state, respondTo(event.transaction, isEvent ? 200 : 415)]
  return ask(call, asking, { ...event, headers: [], body })
}

function ask(call: Call, state: Up, event: RequestEvent): Step {
  const to = other(event.leg)
  return [
    state,
    {
      kind: 'ask',
      leg: to,
      dialog: state.legs[to].dialog,
      transaction: askOf(call, event.transaction),
      method: event.method,
      headers: relayedHeaders(event.method, event.headers),
      ...(event.body && { body: event.body }),
    },
  ]
}

function response(call: Call, state: Up, event: ResponseEvent): Step {
  const relay = state.relays.find(candidate => askOf(call, candidate.transaction) === event.transaction)
  const isAccepted = event.status >= 200 && event.status <= 299
  if (!relay) {
    // The leg that asked withdrew its re-INVITE; the other side still needs its ACK.
    return isAccepted && event.dialog !== undefined ? [state, { kind: 'ack', dialog: event.dialog }] : [state]
  }
  if (event.status < 200) return [state]
  if (isAccepted && isOffer(relay)) return agreed(call, state, relay, event)
  const back = respondTo(relay.transaction, event.local ? 480 : event.status)
  const rest = withoutRelay(state, relay)
  if (isDialogLost(call, event, other(relay.from))) return lose(call, rest, 'dialog-lost', [relay.from], back)
  return [rest, back]
}

/**
 * RFC 3261 §12.2.1.2: 481, or no answer at all, ends the dialog. An agent out of reach is another matter: its
 * connection may come back.
 */
function isDialogLost(call: Call, event: ResponseEvent, leg: LegName): boolean {
  return (event.status === 481 && !event.local) || (event.local && leg !== phoneLeg(call))
}

/** How an agent leaves: a lost one may come back, and its clients wait for it. */
type Leaving = 'gone' | 'lost'

/** The call is over; `leaving` is how its agent left, if it is an agent's. */
function end(call: Call, state: Up, verdict: Verdict, leaving: Leaving, ...effects: readonly Effect[]): Step {
  const left = state.transfer?.left ?? state.loan?.left
  const waiting = state.relays
    .filter(({ stage }) => stage !== 'late-waiting' && stage !== 'late-answering')
    .map(relay => respondTo(relay.transaction, 487))
  const [, ...moveEnd] = giveUpMove(state) ?? [state]
  const [, ...tidied] = tidy(state)
  const unpin: readonly Effect[] =
    agentLeg(call) === undefined || left !== undefined ? [] : [{ kind: 'leave', isLost: leaving === 'lost' }]
  return [
    { kind: 'over', verdict: left ?? verdict },
    ...(left === undefined ? effects : withoutFarewell(call, state, effects)),
    ...moveEnd,
    ...tidied,
    ...waiting,
    { kind: 'stop-timer', timer: 'flow' },
    ...(state.loan ? [loanFailed(481)] : []),
    ...(state.anchor ? [{ kind: 'end-media', media: state.anchor.media } as const] : []),
    { kind: 'end-media', media: state.media },
    ...unpin,
    ...ending(call, left ?? verdict, 200),
  ]
}

/** Who has left hears no BYE, and has told how it was. */
function withoutFarewell(call: Call, state: Up, effects: readonly Effect[]): readonly Effect[] {
  const phone = phoneLeg(call)
  const gone = phone === undefined ? undefined : state.legs[phone].dialog
  return effects.filter(effect => effect.kind !== 'bye' || effect.dialog !== gone)
}

/** The call is over by itself: nobody wanted it. */
function lose(
  call: Call,
  state: Up,
  verdict: Verdict,
  legs: readonly LegName[],
  ...effects: readonly Effect[]
): Step {
  const isLost = isAgentLost(call, verdict)
  const byes = legs.map(leg =>
    isLost && leg === innerLeg(call) ? { reason: lostReason, ...bye(state, leg) } : bye(state, leg),
  )
  return end(call, state, verdict, isLost ? 'lost' : 'gone', ...effects, ...byes)
}
