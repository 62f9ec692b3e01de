import type { Headers } from './headers.ts'
import { parseParams } from './params.ts'

/** The value of Session-Expires (RFC 4028 §4). `refresher` is a role in the transaction that carries it. */
export interface SessionExpires {
  /** Whole seconds, at least 1. */
  readonly seconds: number
  readonly refresher?: 'uac' | 'uas'
}

/** Undefined when there is none or it is broken: a session without a timer is what peers fall back to. */
export function sessionExpires(headers: Headers): SessionExpires | undefined {
  const value = headers.get('session-expires')
  return value === undefined ? undefined : parseSessionExpires(value)
}

/** Reads one value; undefined when it is broken. */
export function parseSessionExpires(value: string): SessionExpires | undefined {
  const found = parseSeconds(value)
  if (found === undefined) return undefined
  const [seconds, end] = found
  const refresher = parseParams(value, end)?.get('refresher')?.toLowerCase()
  return refresher === 'uac' || refresher === 'uas' ? { seconds, refresher } : { seconds }
}

/** Writes what `parseSessionExpires` reads. */
export function writeSessionExpires({ seconds, refresher }: SessionExpires): string {
  return refresher === undefined ? String(seconds) : `${seconds};refresher=${refresher}`
}

/** The least interval that the sender bears, in seconds; 90 when it says nothing (RFC 4028 §5). */
export function minSessionExpires(headers: Headers): number {
  const found = parseSeconds(headers.get('min-se') ?? '')
  return Math.max(found?.[0] ?? 0, leastSeconds)
}

/** No interval may be shorter (RFC 4028 §4), in seconds. */
export const leastSeconds = 90

function parseSeconds(value: string): readonly [seconds: number, end: number] | undefined {
  const found = /^\s*(\d{1,10})\s*(?=;|$)/.exec(value)
  if (found === null) return undefined
  const seconds = Number(found[1])
  return seconds > 0 && seconds < 2 ** 31 ? [seconds, found[0].length] : undefined
}
