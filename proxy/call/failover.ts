import type { HealthOutcome } from '../../selector/domain/health.ts'
import type { Attempt, Call, Place } from './call.ts'
import { agentLeg } from './parties.ts'
import type { Verdict } from './verdict.ts'

/** What to do after a place did not take a call. */
export type Next =
  /** Another media server is to be chosen. */
  | { readonly kind: 'choose' }
  | { readonly kind: 'next'; readonly place: Place }
  /** The agent is to be moved away from `server`, and the call follows it. */
  | { readonly kind: 'rehome'; readonly server: string }
  | { readonly kind: 'give-up'; readonly status: number; readonly verdict: Verdict }

/** An INVITE that was not accepted. */
export interface Refusal {
  readonly status: number
  /** True when nobody said it: no answer, not reachable. */
  readonly local: boolean
}

/** The name by which a place is remembered. */
export function placeId(place: Place): string {
  return place.kind === 'server' ? place.server.id : place.id
}

/** Statuses that speak about the place and not about the call (RFC 3261 §21.4.9, §21.5). */
const placeTrouble: ReadonlySet<number> = new Set([408, 500, 502, 503, 504])

/** Statuses of a media server that mean the same to the caller as to us. */
const passedOut: ReadonlySet<number> = new Set([480, 486, 487, 488, 600, 603, 606])

/** Whether and where the call is tried again, after the place of `attempt` said no. */
export function afterRefusal(call: Call, attempt: Attempt, refusal: Refusal): Next {
  const { tried, place } = attempt
  if (isTrouble(refusal)) {
    const mayGoOn = call.attempts > tried.length
    if (call.target.kind === 'any-server' && mayGoOn) return { kind: 'choose' }
    const next = call.target.kind === 'places' ? call.target.places[tried.length] : undefined
    if (next !== undefined && mayGoOn) return { kind: 'next', place: next }
    if (call.kind === 'client' && place.kind === 'server' && !attempt.rehomed)
      return { kind: 'rehome', server: place.server.id }
  }
  return giveUp(call, place, refusal)
}

/** What a refusal tells about the place: a clear no to this call is a healthy answer. */
export function healthAfter(refusal: Refusal): HealthOutcome {
  return isTrouble(refusal) ? 'failed' : 'succeeded'
}

/** Whether a refusal speaks about the place, so that another one may take the call. */
export function isTrouble({ status, local }: Refusal): boolean {
  return local || placeTrouble.has(status)
}

function giveUp(call: Call, place: Place, refusal: Refusal): Next {
  if (place.kind === 'server') return giveUpServer(call, refusal)
  const verdict = isTrouble(refusal)
    ? agentLeg(call) === undefined
      ? 'trunk-failed'
      : 'agent-away'
    : 'refused'
  // A media server may know what the other side said; it reads the cause from the status.
  const status = refusal.local ? (agentLeg(call) === undefined ? 503 : 480) : refusal.status
  return { kind: 'give-up', status: passedOn(status), verdict }
}

/** What a refusal from outside is to the other side: whom to ask instead, or with which password, is no business of its. */
export function passedOn(status: number): number {
  return status < 400 || status === 401 || status === 407 ? 503 : status
}

/** What a status tells of the inside becomes 503. */
function giveUpServer({ kind }: Call, { status, local }: Refusal): Next {
  // The dialplan's guard says 486 when the agent's conference is not there: nobody is busy, somebody is away.
  if ((kind === 'client' || kind === 'consult') && status === 486 && !local)
    return { kind: 'give-up', status: 480, verdict: 'agent-away' }
  const told = !local && passedOut.has(status) ? status : 503
  return { kind: 'give-up', status: told, verdict: local ? 'servers-failed' : 'refused' }
}
