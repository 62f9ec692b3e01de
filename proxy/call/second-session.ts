/** Which of two legs of one agent stays. */
export type SecondSession = 'replace' | 'refuse'

/** A leg that an agent has already. */
export interface OlderLeg {
  /** Whether its connection is lost. */
  readonly isAway: boolean
  /** The connection over which it is reached. */
  readonly flow: string | undefined
}

/**
 * Whether an agent that has these legs may enter its conference again, over the connection `flow`; they end once it is up there. A leg
 * whose connection is lost keeps nobody out, nor does one that is reached over `flow` itself: it is that of the page that calls again.
 */
export function mayEnter(rule: SecondSession, older: readonly OlderLeg[], flow?: string): boolean {
  return rule === 'replace' || older.every(leg => leg.isAway || (flow !== undefined && leg.flow === flow))
}

/** What an agent's page is told: with the refusal of a second leg, and with the end of the first one. */
export const secondPhrase = 'You are in your conference elsewhere'
export const replacedReason = 'SIP;cause=486;text="you entered your conference elsewhere"'

/** The same, of its call to somebody with whom the client now is. */
export const elsewhereReason = 'SIP;cause=200;text="your client is there now"'
