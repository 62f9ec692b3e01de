import type { Attempt, Call, CallEvent, Effect, Place, Setup, Step } from './call.ts'
import { ending, refuse } from './ending.ts'
import { placeId, type Next } from './failover.ts'
import { firstExchange } from './parties.ts'

type Placing = Extract<Setup, { kind: 'placing' }>
type Offering = Extract<Setup, { kind: 'offering' }>

/** A place is being chosen. */
export function stepPlacing(call: Call, state: Placing, event: CallEvent): Step {
  switch (event.kind) {
    case 'began':
      if (call.target.kind === 'any-server') return [state, { kind: 'place', exclude: [] }]
      return enter(call, call.target.places[0], state)
    case 'placed':
      return enter(call, { kind: 'server', server: event.server }, state)
    case 'not-placed':
      return noPlace(call, state, event.retryAfterSec)
    default:
      return [state]
  }
}

function noPlace(call: Call, state: Placing, retryAfterSec: number): Step {
  if (state.tried.length > 0) return refuse(call, state, 503, 'servers-failed')
  return [
    { kind: 'over', verdict: 'no-server' },
    {
      kind: 'respond',
      transaction: call.transaction,
      status: 503,
      headers: [['Retry-After', String(retryAfterSec)]],
    },
    ...ending(call, 'no-server', 503),
  ]
}

/** Begins the try of `place`. */
function enter(call: Call, place: Place | undefined, { tried, rehomed }: Omit<Placing, 'kind'>): Step {
  if (place === undefined) return noPlace(call, { kind: 'placing', tried, rehomed }, 5)
  const branch = `${call.id}-b${tried.length + 1}`
  const attempt: Attempt = { place, branch, tried: [...tried, placeId(place)], rehomed }
  if (call.offer === undefined) return dial(call, attempt)
  return [
    { kind: 'offering', ...attempt },
    { kind: 'invite', key: branch, exchange: firstExchange(call, attempt, 'a', call.offer) },
  ]
}

function dial(call: Call, { place, branch, tried, rehomed }: Attempt, offered?: string): Step {
  const sdp = offered === undefined ? {} : { sdp: offered }
  return [
    { kind: 'trying', place, branch, tried, rehomed, ringing: false, told: 0, offered },
    { kind: 'dial', place, branch, ...sdp },
    { kind: 'start-timer', timer: 'try', ms: call.tryMs },
  ]
}

/** The call goes on elsewhere, after what the last try held was given back. */
export function goOn(
  call: Call,
  state: Placing,
  next: Exclude<Next, { kind: 'give-up' }>,
  drop: readonly Effect[],
): Step {
  if (next.kind === 'next') {
    const [entered, ...effects] = enter(call, next.place, state)
    return [entered, ...drop, ...effects]
  }
  if (next.kind === 'rehome') return [{ ...state, rehomed: true }, ...drop, next]
  return [state, ...drop, { kind: 'release' }, { kind: 'place', exclude: state.tried }]
}

/** The media anchor makes the offer for the place. */
export function stepOffering(call: Call, state: Offering, event: CallEvent): Step {
  if (event.kind === 'media-offered' && event.key === state.branch) return dial(call, state, event.sdp)
  if (event.kind === 'media-failed') {
    return event.isRefused === true
      ? refuse(call, state, 488, 'refused')
      : refuse(call, state, 503, 'media-failed')
  }
  return [state]
}
