/** How an application wants its request to be sent on (drachtio's `proxy` message). */
export interface ProxyPlan {
  /** SIP URIs, in the order in which they are asked. */
  readonly targets: readonly string[]
  readonly isInvite: boolean
  /** One after the other, or all at once. */
  readonly isSerial: boolean
  /** The Contacts of a 3xx are asked next, instead of being told to the caller. */
  readonly followsRedirects: boolean
  /** How long a target may send nothing at all, in ms; undefined: as long as its transaction lives. */
  readonly provisionalMs: number | undefined
  /** How long a target may give no final response, in ms; undefined: as long as its transaction lives. */
  readonly finalMs: number | undefined
}

/** A final response that may be told to the caller. */
export interface Candidate {
  readonly branch: number
  readonly status: number
}

/**
 * The response that helps the caller most (RFC 3261 §16.7 step 6): a 6xx, else one of the lowest class, and in that class rather one
 * that says how to ask again. The earlier one of two alike. Undefined when there is none.
 */
export function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) => rankOf(a.status) - rankOf(b.status))[0]
}

/** Milliseconds of `500ms` or `2s`; undefined when the text is neither, or 0. At most an hour. */
export function durationMs(text: string): number | undefined {
  const [, digits = '', unit] = /^(\d{1,9})(ms|s)?$/.exec(text.trim()) ?? []
  const ms = Number(digits) * (unit === 's' ? 1000 : 1)
  return ms > 0 ? Math.min(ms, 3_600_000) : undefined
}

function rankOf(status: number): number {
  const level = Math.floor(status / 100)
  if (level === 6) return 0
  if (explaining.has(status)) return level * 10
  // Nobody said anything: any real answer of that class tells more.
  return status === 408 ? level * 10 + 2 : level * 10 + 1
}

const explaining: ReadonlySet<number> = new Set([401, 407, 415, 420, 484])
