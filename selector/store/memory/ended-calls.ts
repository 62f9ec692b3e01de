import type { Load } from '../../domain/media-server.ts'

/** Calls of one server that are over and that its counters show, as they were taken before. */
export class EndedCalls {
  /** Call → when it ended, wall-clock milliseconds. */
  readonly #ends = new Map<string, number>()

  /** A call that these counters show is over. */
  note(call: string, at: number, load: Load | undefined): void {
    if (load === undefined || at <= load.takenAt) return
    if (this.#ends.size < agentsIn(load)) this.#ends.set(call, at)
  }

  /** Counters that were taken later know of it. */
  told({ takenAt }: Load): void {
    for (const [call, at] of this.#ends) if (at <= takenAt) this.#ends.delete(call)
  }

  /** How many of them these counters show. */
  count(load: Load | undefined): number {
    return endedIn(load, this.#ends.size)
  }
}

/** How many of so many ended calls are taken off these counters: never more than they show agents. */
export function endedIn(load: Load | undefined, ended: number): number {
  return load ? Math.min(ended, agentsIn(load)) : 0
}

function agentsIn({ inCall, waiting }: Load): number {
  return inCall + waiting
}
