import type { Headers } from '../message/headers.ts'
import type { HeaderLine } from '../message/message.ts'
import { understands } from '../message/option-tags.ts'
import {
  leastSeconds,
  minSessionExpires,
  sessionExpires,
  writeSessionExpires,
  type SessionExpires,
} from '../message/session-expires.ts'

/** What both sides of a dialog have agreed on (RFC 4028): the session ends unless `refresher` refreshes it in time. */
export interface SessionTerms {
  readonly seconds: number
  readonly refresher: 'us' | 'peer'
}

/** What this engine wants of sessions. */
export interface SessionPolicy {
  /** The interval that we ask for in every call; 0: only what the peer or the application asks for. */
  readonly expiresSec: number
  /** The shortest interval that we accept, at least 90. */
  readonly minSec: number
}

/** Whether the interval of a request is too short for us; only a peer that knows timers can be told so (§9). */
export function isTooShort(request: Headers, { minSec }: SessionPolicy): boolean {
  const asked = sessionExpires(request)
  return asked !== undefined && asked.seconds < minSec && understands(request, 'timer')
}

/**
 * The terms that our 2xx to an INVITE or UPDATE states (§9). `own` is what the application wants to say, `now` what holds
 * until then. Undefined: no timer from now on.
 */
export function termsAsUas(
  request: Headers,
  own: SessionExpires | undefined,
  now: SessionTerms | undefined,
  policy: SessionPolicy,
): SessionTerms | undefined {
  const asked = sessionExpires(request)
  const wanted = own?.seconds ?? (policy.expiresSec === 0 ? undefined : policy.expiresSec)
  const most = lesser(wanted, asked?.seconds)
  if (most === undefined) return undefined
  const seconds = Math.max(most, minSessionExpires(request), policy.minSec)
  // §9, table 2: a UAC that does not know timers refreshes nothing.
  if (!understands(request, 'timer')) return { seconds, refresher: 'us' }
  const stated = refresherOf(asked) ?? refresherOf(own)
  return { seconds, refresher: stated ?? now?.refresher ?? 'peer' }
}

/** §9: the UAS may lower the interval, never raise it above what was asked for. */
function lesser(wanted: number | undefined, asked: number | undefined): number | undefined {
  if (wanted === undefined || asked === undefined) return wanted ?? asked
  return Math.min(wanted, asked)
}

/** We are the UAS of the transaction. */
function refresherOf(stated: SessionExpires | undefined): SessionTerms['refresher'] | undefined {
  if (stated?.refresher === undefined) return undefined
  return stated.refresher === 'uas' ? 'us' : 'peer'
}

/** What our 2xx says about `terms`. */
export function linesAsUas({ seconds, refresher }: SessionTerms): readonly HeaderLine[] {
  const value = writeSessionExpires({ seconds, refresher: refresher === 'us' ? 'uas' : 'uac' })
  const line: HeaderLine = ['Session-Expires', value]
  return refresher === 'peer' ? [['Require', 'timer'], line] : [line]
}

/** The terms that a 2xx to our INVITE or UPDATE states (§7.2): none means no timer from now on. */
export function termsAsUac(response: Headers): SessionTerms | undefined {
  const stated = sessionExpires(response)
  if (stated === undefined) return undefined
  const seconds = Math.max(stated.seconds, shortestSeconds)
  return { seconds, refresher: stated.refresher === 'uas' ? 'peer' : 'us' }
}

/** What a request of ours says about `terms`, those that hold or those that we want. */
export function linesAsUac(terms: SessionTerms, minSec = leastSeconds): readonly HeaderLine[] {
  const { seconds, refresher } = terms
  return [
    ['Supported', 'timer'],
    ['Session-Expires', writeSessionExpires({ seconds, refresher: refresher === 'us' ? 'uac' : 'uas' })],
    ...(minSec > leastSeconds ? [['Min-SE', String(minSec)] as const] : []),
  ]
}

/** What an INVITE of ours that opens a call says: who refreshes is left to the peer (§7.1). */
export function openingLines(seconds: number, minSec = leastSeconds): readonly HeaderLine[] {
  return [
    ['Supported', 'timer'],
    ['Session-Expires', String(Math.max(seconds, minSec))],
    ...(minSec > leastSeconds ? [['Min-SE', String(minSec)] as const] : []),
  ]
}

/** A peer that states less than 90 s gets what it wants, but cannot make us send without end. */
const shortestSeconds = 10
