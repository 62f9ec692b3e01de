import { bestOf, type Candidate, type ProxyPlan } from './proxy-plan.ts'

/**
 * One request on its way through a proxy (RFC 3261 §16.5 to §16.8). The engine passes provisional responses and each 2xx back by
 * itself; what is decided here is who is asked when, and which refusal the caller hears.
 *
 *     searching ──6xx, challenge, caller cancels──→ ending ──last branch ends──→ over
 *         │  └───last branch refuses, nobody is left to ask──────────────────────↗
 *         └──────2xx───────────────────────────────────────────────────────────↗
 */
export interface ProxyState {
  readonly plan: ProxyPlan
  readonly phase: 'searching' | 'ending' | 'over'
  readonly isCancelled: boolean
  readonly waiting: readonly string[]
  /** Everything that was or will be asked, so that redirections cannot go round in circles. */
  readonly known: readonly string[]
  /** Asked, without a final response. */
  readonly open: readonly { readonly branch: number; readonly hasAnswered: boolean }[]
  readonly asked: number
  readonly candidates: readonly Candidate[]
}

/** `unsent`: the engine refused to send. `late`: the time of that name is over. `cancelled`: by the caller. */
export type ProxyEvent =
  | {
      readonly kind: 'response'
      readonly branch: number
      readonly status: number
      /** Of a 3xx, best first. */
      readonly contacts: readonly string[]
    }
  | { readonly kind: 'unsent'; readonly branch: number; readonly status: number }
  | { readonly kind: 'late'; readonly branch: number; readonly timer: ProxyTimer }
  | { readonly kind: 'cancelled' }

/** Until the first response, and until the final one. */
export type ProxyTimer = 'provisional' | 'final'

/** What the shell must do, in this order. */
export type ProxyEffect =
  | { readonly kind: 'ask'; readonly branch: number; readonly target: string }
  | { readonly kind: 'cancel'; readonly branch: number }
  | { readonly kind: 'watch'; readonly branch: number; readonly timer: ProxyTimer; readonly ms: number }
  | { readonly kind: 'unwatch'; readonly branch: number; readonly timer?: ProxyTimer }
  /** Tell the application of the final response in the event. */
  | { readonly kind: 'report' }
  /** Tell the caller `status`: with the response of the branch, or one of our own when it gave none or another. */
  | { readonly kind: 'answer'; readonly branch: number; readonly status: number }
  /** It is over; nothing follows. */
  | { readonly kind: 'done' }

/** The next state, then what to do. */
export type ProxyStep = readonly [ProxyState, ...ProxyEffect[]]

/** Targets of one request, redirections included. */
export const maxTargets = 32

/** Starts to ask. A plan without targets ends in 480. */
export function beginProxy(plan: ProxyPlan): ProxyStep {
  const targets = [...new Set(plan.targets)].slice(0, maxTargets)
  return goOn({
    plan,
    phase: 'searching',
    isCancelled: false,
    waiting: targets,
    known: targets,
    open: [],
    asked: 0,
    candidates: [],
  })
}

/** What an event means for the search. Whatever a branch says after its end, or after that of the search, changes nothing. */
export function stepProxy(state: ProxyState, event: ProxyEvent): ProxyStep {
  if (state.phase === 'over') return [state]
  if (event.kind === 'cancelled') {
    return finishing({ ...state, isCancelled: true }, [])
  }
  const branch = state.open.find(open => open.branch === event.branch)
  if (branch === undefined) return event.kind === 'response' ? strayed(state, event) : [state]
  switch (event.kind) {
    case 'unsent':
      return refused(state, event, [unwatch(event.branch)])
    case 'late':
      return late(state, event.branch, branch.hasAnswered && event.timer === 'provisional')
    case 'response':
      if (event.status < 200) return answeredFirst(state, event.branch)
      return event.status < 300 ? accepted(state, event.branch) : final(state, event)
  }
}

type Response = ProxyEvent & { kind: 'response' }

function answeredFirst(state: ProxyState, branch: number): ProxyStep {
  const open = state.open.map(one => (one.branch === branch ? { branch, hasAnswered: true } : one))
  return [
    { ...state, open },
    { kind: 'unwatch', branch, timer: 'provisional' },
  ]
}

/** A branch that was given up has been answered after all: the engine has told the caller, so the search is over. */
function strayed(state: ProxyState, { branch, status }: Response): ProxyStep {
  return status >= 200 && status < 300 && branch < state.asked ? accepted(state, branch) : [state]
}

function accepted(state: ProxyState, branch: number): ProxyStep {
  const others = state.open.filter(open => open.branch !== branch)
  return [
    { ...state, phase: 'over', waiting: [], open: [] },
    ...state.open.map(open => unwatch(open.branch)),
    ...others.map(open => cancel(open.branch)),
    { kind: 'report' },
    { kind: 'done' },
  ]
}

function final(state: ProxyState, event: Response): ProxyStep {
  const { branch, status, contacts } = event
  const effects: readonly ProxyEffect[] = [unwatch(branch), { kind: 'report' }]
  if (status < 400 && state.plan.followsRedirects && state.phase === 'searching') {
    const fresh = [...new Set(contacts)].filter(target => !state.known.includes(target))
    const targets = fresh.slice(0, maxTargets - state.known.length)
    // §16.5: a redirection that is followed is no answer.
    if (targets.length > 0) return redirected(state, branch, targets, effects)
  }
  return refused(state, event, effects)
}

function redirected(
  state: ProxyState,
  branch: number,
  targets: readonly string[],
  effects: readonly ProxyEffect[],
): ProxyStep {
  const waiting = [...targets, ...state.waiting]
  return goOn({ ...without(state, branch), waiting, known: [...state.known, ...targets] }, effects)
}

function refused(
  state: ProxyState,
  { branch, status }: Candidate,
  effects: readonly ProxyEffect[],
): ProxyStep {
  const next = { ...without(state, branch), candidates: [...state.candidates, { branch, status }] }
  // A 6xx speaks for the user everywhere; a challenge must be answered before anybody else is asked.
  const isChallenge = status === 401 || status === 407
  if (status >= 600 || (isChallenge && state.plan.isSerial)) return finishing(next, effects)
  return goOn(next, effects)
}

function late(state: ProxyState, branch: number, isTooLate: boolean): ProxyStep {
  if (isTooLate) return [state]
  return refused(state, { branch, status: 408 }, [unwatch(branch), cancel(branch)])
}

/** Nobody else is asked; those who are still open are cancelled and heard to their end. */
function finishing(state: ProxyState, effects: readonly ProxyEffect[]): ProxyStep {
  const cancels = state.phase === 'ending' ? [] : state.open.map(open => cancel(open.branch))
  return goOn({ ...state, phase: 'ending', waiting: [] }, [...effects, ...cancels])
}

function goOn(state: ProxyState, effects: readonly ProxyEffect[] = []): ProxyStep {
  const { plan, waiting, open, asked } = state
  const targets = plan.isSerial ? waiting.slice(0, open.length === 0 ? 1 : 0) : waiting
  if (targets.length === 0) return open.length > 0 ? [state, ...effects] : concluded(state, effects)
  const branches = targets.map((target, at) => ({ branch: asked + at, target }))
  const next = {
    ...state,
    waiting: waiting.slice(targets.length),
    open: [...open, ...branches.map(({ branch }) => ({ branch, hasAnswered: false }))],
    asked: asked + branches.length,
  }
  return [next, ...effects, ...branches.flatMap(ask => asking(plan, ask))]
}

function asking(
  { provisionalMs, finalMs }: ProxyPlan,
  ask: { readonly branch: number; readonly target: string },
): readonly ProxyEffect[] {
  const { branch } = ask
  const watches: ProxyEffect[] = []
  if (provisionalMs !== undefined)
    watches.push({ kind: 'watch', branch, timer: 'provisional', ms: provisionalMs })
  if (finalMs !== undefined) watches.push({ kind: 'watch', branch, timer: 'final', ms: finalMs })
  return [...watches, { kind: 'ask', ...ask }]
}

function concluded(state: ProxyState, effects: readonly ProxyEffect[]): ProxyStep {
  const over = { ...state, phase: 'over' } as const
  const { branch, status } = bestOf(state.candidates) ?? { branch: none, status: 480 }
  const done = { kind: 'done' } as const
  // RFC 4320 §4.2: by now the sender of anything but an INVITE has given up, and a 408 would only do harm.
  if (status === 408 && !state.plan.isInvite) return [over, ...effects, done]
  return [over, ...effects, { kind: 'answer', branch, status: told(state, status) }, done]
}

function told({ isCancelled }: ProxyState, status: number): number {
  // Whoever hung up wants to hear that, not that somebody was silent.
  if (isCancelled && (status === 408 || status === 480)) return 487
  // §16.7 step 6: 503 would make the caller avoid this proxy.
  return status === 503 ? 500 : status
}

function without(state: ProxyState, branch: number): ProxyState {
  return { ...state, open: state.open.filter(open => open.branch !== branch) }
}

function cancel(branch: number): ProxyEffect {
  return { kind: 'cancel', branch }
}

function unwatch(branch: number): ProxyEffect {
  return { kind: 'unwatch', branch }
}

const none = -1
