/** A call to a number outside, ordered for an agent: what was ordered, and what is known of it. */
export interface Dial extends DialOrder {
  readonly news: DialNews
}

/** What was ordered. */
export interface DialOrder {
  /** Our id of the call. */
  readonly call: string
  readonly agent: string
  readonly number: string
  /** By what whoever ordered it calls it; the same reference of the same agent is the same call. */
  readonly reference?: string
  /** The media server that calls. */
  readonly server: string
  /** Wall-clock milliseconds. */
  readonly at: number
}

/** How far a call has come. */
export type DialState = (typeof dialStates)[number]

/** In the order in which a call goes through them; it ends in one of the last two. */
export const dialStates = ['ordered', 'dialling', 'ringing', 'answered', 'ended', 'failed'] as const

/** The last that is known of a call. */
export interface DialNews {
  readonly state: DialState
  /** Wall-clock milliseconds. */
  readonly at: number
  readonly answeredAt?: number
  /** Why it failed or ended: Q.850. */
  readonly cause?: number
  /** The final SIP status, when it failed. */
  readonly status?: number
}

/** Whether nothing can follow. */
export function isFinal(state: DialState): boolean {
  return state === 'ended' || state === 'failed'
}

/** Whether `next` may follow `state`: a call never goes back, whoever tells of it last, and its end is told once. */
export function follows(state: DialState, next: DialState): boolean {
  return !isFinal(state) && dialStates.indexOf(next) > dialStates.indexOf(state)
}
