import { isRecord, parseJson } from './json.ts'
import type { Session } from './session.ts'

/** A call that the agent dials into its conference, as far as it has come. */
export interface OwnCall {
  /** The number as the agent typed it. */
  readonly number: string
  /** By what this page calls it; the door tells of it under the same name. */
  readonly reference: string
  /** The door's id of it; absent until the door has taken the order. */
  readonly id?: string
  readonly state: OwnCallState
  /** Why it failed; empty when there is nothing to say. */
  readonly why: string
}

export type OwnCallState = (typeof states)[number]
const states = ['ordered', 'dialling', 'ringing', 'answered', 'ended', 'failed'] as const

/** What the door told of a call of this agent. */
export interface OwnCallNews {
  readonly id: string
  readonly reference: string
  readonly state: OwnCallState
  readonly why: string
}

/** What became of an order. `expired`: the session is over; sign in again. */
export type Ordered =
  | { readonly kind: 'taken'; readonly id: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'expired' }

/** True while the other side can still be hung up. */
export function isGoingOn({ state }: OwnCall): boolean {
  return state !== 'ended' && state !== 'failed'
}

/** The call after `news`. News may come twice and late: a call never goes back. */
export function afterNews(call: OwnCall, { id, reference, state, why }: OwnCallNews): OwnCall {
  const isNext = isGoingOn(call) && states.indexOf(state) > states.indexOf(call.state)
  return reference === call.reference && isNext ? { ...call, id, state, why } : call
}

/** Reads the body of a MESSAGE; undefined when it is of another type, too long, or not of the form that is known. */
export function readOwnCallNews(type: string, body: string): OwnCallNews | undefined {
  if (!type.toLowerCase().startsWith(newsType) || body.length > longestBody) return undefined
  const message = parseJson(body)
  if (!isRecord(message)) return undefined
  const { call: id, reference, text } = message
  const state = states.find(known => known === message['state'])
  if (typeof id !== 'string' || typeof reference !== 'string' || state === undefined) return undefined
  return { id, reference, state, why: state === 'failed' && typeof text === 'string' ? text : '' }
}

/** Has the door dial `number` into the agent's conference. Never rejects. */
export async function orderCall(
  session: Session,
  order: { readonly number: string; readonly reference: string },
  fetchFrom: typeof fetch = fetch,
): Promise<Ordered> {
  try {
    const response = await fetchFrom(path, {
      method: 'POST',
      headers: { ...proof(session), 'content-type': 'application/json' },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(longestMs),
    })
    if (response.status === 401) return { kind: 'expired' }
    if (!response.ok) return { kind: 'refused', why: whyNotDialled(response.status) }
    const taken: unknown = await response.json()
    if (isRecord(taken) && typeof taken['id'] === 'string') return { kind: 'taken', id: taken['id'] }
    return { kind: 'refused', why: 'The service gave an answer that this page cannot read.' }
  } catch {
    return { kind: 'refused', why: 'The service cannot be reached. Check your network and try again.' }
  }
}

/** Has the door hang up a call that the agent dialled. Its end is told as news; never rejects. */
export async function dropCall(session: Session, id: string, fetchFrom: typeof fetch = fetch): Promise<void> {
  const signal = AbortSignal.timeout(longestMs)
  await fetchFrom(`${path}/${encodeURIComponent(id)}`, {
    method: 'DELETE',
    headers: proof(session),
    signal,
  }).catch(() => undefined)
}

const path = '/api/session/calls'
const newsType = 'application/x-portico-dial+json'
const longestBody = 4096
const longestMs = 10_000

/** HTTP Basic (RFC 7617) with the credential of the session. */
function proof({ authorizationUser, password }: Session): Readonly<Record<string, string>> {
  return { authorization: `Basic ${btoa(`${authorizationUser}:${password}`)}` }
}

function whyNotDialled(status: number): string {
  switch (status) {
    case 400:
      return 'That is not a number. Use digits, * and #, with a + before them or not.'
    case 403:
      return 'You may not dial this number.'
    case 409:
      return 'You are not in your conference. Start your shift first.'
    case 429:
      return 'You have too many calls. End one, or wait a moment.'
    default:
      return `The service could not dial (${status}). Try again in a moment.`
  }
}
