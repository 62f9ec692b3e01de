import { differences, isOdd, type ChannelEvent, type Roster } from './roster.ts'

/**
 * Decides when the next snapshot is due: every half minute while all is well, every two seconds for half a minute after
 * anything that cannot be unless events were lost, doubled or held up.
 */
export class Vigilance {
  #drift = 0
  #takenAt = -Infinity
  #alertUntil = -Infinity
  /** Channels that the last snapshot showed otherwise than events had, and whose events may still be on their way. */
  #unexplained: Set<string> = new Set()
  /** Whether their events must come: not for what happened while nothing was heard. */
  #isOwed = false

  /** Channels that a snapshot corrected and whose events never came. */
  get drift(): number {
    return this.#drift
  }

  isDue(now: number): boolean {
    return now - this.#takenAt >= (now < this.#alertUntil ? alertMs : calmMs)
  }

  /** Something was noticed elsewhere, such as a probe that did not come back. */
  alert(now: number): void {
    this.#alertUntil = now + calmMs
  }

  /** An event that `roster` is about to take. */
  heard(roster: Roster, event: ChannelEvent, now: number): void {
    const isExplained = this.#unexplained.delete(event.channel)
    if (!isExplained && isOdd(roster, event)) this.alert(now)
  }

  /** The first snapshot of a connection, asked for at `now`, took the place of `before`. */
  began(before: Roster, after: Roster, now: number): void {
    this.#expect(before, after, false, now)
  }

  /** A later snapshot did. The list is never older than the events before it, but it may be newer. */
  corrected(before: Roster, after: Roster, now: number): void {
    const missed = this.#isOwed ? this.#unexplained.size : 0
    this.#drift += missed
    if (missed > 0) this.alert(now)
    this.#expect(before, after, true, now)
    // The next snapshot shall tell soon whether their events came.
    if (this.#unexplained.size > 0) this.#alertUntil = Math.max(this.#alertUntil, now + 2 * alertMs)
  }

  #expect(before: Roster, after: Roster, isOwed: boolean, now: number): void {
    this.#takenAt = now
    this.#isOwed = isOwed
    this.#unexplained = new Set(differences(before, after))
  }
}

const calmMs = 30_000
/** A little less than the two seconds at which it is asked, as no timer keeps time to the millisecond. */
const alertMs = 1_900
