import type { Load } from '../../domain/media-server.ts'

/** Calls that are over and that the counters of their server show, as they were taken before. */
export class EndedCalls {
  /** Server → call → when it ended, wall-clock milliseconds. */
  readonly #of = new Map<string, Map<string, number>>()

  /** A call that these counters show is over. */
  note(server: string, call: string, at: number, load: Load | undefined): void {
    if (load === undefined || at <= load.takenAt) return
    const ends = this.#of.get(server) ?? new Map<string, number>()
    if (ends.size < agentsIn(load)) this.#of.set(server, ends.set(call, at))
  }

  /** Counters that were taken later know of it. */
  told(server: string, { takenAt }: Load): void {
    const ends = this.#of.get(server)
    if (!ends) return
    for (const [call, at] of ends) if (at <= takenAt) ends.delete(call)
    if (ends.size === 0) this.#of.delete(server)
  }

  /** How many of them these counters show. */
  count(server: string, load: Load | undefined): number {
    return endedIn(load, this.#of.get(server)?.size ?? 0)
  }

  forget(server: string): void {
    this.#of.delete(server)
  }
}

/** How many of so many ended calls are taken off these counters: never more than they show agents. */
export function endedIn(load: Load | undefined, ended: number): number {
  return load ? Math.min(ended, agentsIn(load)) : 0
}

function agentsIn({ inCall, waiting }: Load): number {
  return inCall + waiting
}
