import type { Answering, Call, Effect, Late, LegName, Setup, Step, Up } from './call.ts'
import { dropEarly } from './early-offer.ts'
import { agentLeg } from './parties.ts'
import type { Verdict } from './verdict.ts'

/** The caller is told `status`, what the state holds is given back, and the call is over. */
export function refuse(
  call: Call,
  state: Setup,
  status: number,
  verdict: Verdict,
  ...effects: readonly Effect[]
): Step {
  return over(call, state, verdict, status, ...effects, ...farewell(call, state, status))
}

/** The caller gave up; 487 is the edge's. */
export function cancelled(call: Call, state: Setup): Step {
  return over(call, state, 'cancelled', 487)
}

/** The place hung up, or its dialog is lost: the caller is told, and the call is over. */
export function abandon(
  call: Call,
  state: Answering | Late,
  verdict: Verdict,
  ...effects: readonly Effect[]
): Step {
  return [
    { kind: 'over', verdict },
    // RFC 3261 §13.2.2.4: a 2xx is acknowledged, whatever comes after it.
    ...(state.kind === 'late' ? [ack(state.dialog)] : []),
    ...effects,
    endMedia(state),
    ...farewell(call, state, 503),
    ...ending(call, verdict, statusTold(state, 503)),
  ]
}

/** The call is over: what the state holds is given back, then come `effects`. */
export function over(
  call: Call,
  state: Setup,
  verdict: Verdict,
  status: number,
  ...effects: readonly Effect[]
): Step {
  return [
    { kind: 'over', verdict },
    ...undo(state),
    ...effects,
    ...ending(call, verdict, statusTold(state, status)),
  ]
}

/** What is done at the end of every call. */
export function ending(call: Call, verdict: Verdict, status: number): readonly Effect[] {
  const release: readonly Effect[] = agentLeg(call) === undefined ? [] : [{ kind: 'release' }]
  return [...release, { kind: 'record', verdict, status }]
}

/** Gives back what a call holds that is not up yet, the caller's INVITE apart. */
export function undo(state: Setup): readonly Effect[] {
  switch (state.kind) {
    case 'placing':
      return []
    case 'offering':
      return [endMedia(state)]
    case 'trying':
      return [
        stopHurry(state),
        { kind: 'cancel', branch: state.branch },
        ...dropEarly(state),
        endMedia(state),
      ]
    case 'answering':
      return [{ kind: 'bye', dialog: state.dialog }, endMedia(state)]
    case 'late':
      return [ack(state.dialog), { kind: 'bye', dialog: state.dialog }, endMedia(state)]
  }
}

/** Ends the wait of a try. */
export function stopHurry({ ringing }: { readonly ringing: boolean }): Effect {
  return { kind: 'stop-timer', timer: ringing ? 'ring' : 'try' }
}

export function endMedia({ branch }: { readonly branch: string }): Effect {
  return { kind: 'end-media', media: branch }
}

export function ack(dialog: string): Effect {
  return { kind: 'ack', dialog }
}

/** A leg of a call that is up is hung up. */
export function bye({ legs }: Pick<Up, 'legs'>, leg: LegName): Extract<Effect, { kind: 'bye' }> {
  return { kind: 'bye', dialog: legs[leg].dialog }
}

/** Whether the caller has our 2xx though the call is not up. */
function isAnswered(state: Setup): boolean {
  return state.kind === 'late' && state.stage !== 'offering'
}

function statusTold(state: Setup, status: number): number {
  return isAnswered(state) ? 200 : status
}

/** The caller hears the refusal, or BYE when it has our 2xx already. */
function farewell(call: Call, state: Setup, status: number): readonly Effect[] {
  if (isAnswered(state)) return [{ kind: 'bye', dialog: call.dialog }]
  return [{ kind: 'respond', transaction: call.transaction, status }]
}
