import { SortedSet } from './sorted-set.ts'
import { freshMs, standingOf, type Facts, type Policy, type Standing, type Stood } from './standing.ts'

/** The servers of a fleet by standing, zone and load, kept in order, so that a choice looks at few of them. */
export class Ranking {
  /** By zone and standing. */
  readonly #sets = new Map<string, Map<Standing, SortedSet>>()
  readonly #placeOf = new Map<string, SortedSet>()
  /** In the order of their names. */
  #zones: readonly string[] = []
  /** When the counters were taken of servers whose counters matter. */
  readonly #taken = new SortedSet()
  readonly #wake = new SortedSet()

  /** Puts a server where it stands at a wall-clock time. */
  set(candidate: Facts, policy: Policy, at: number): Stood {
    const stood = standingOf(candidate, policy, at)
    const { id, zone } = candidate.server
    const set = this.#setOf(stood.standing, zone)
    const before = this.#placeOf.get(id)
    if (before !== set) {
      before?.delete(id)
      this.#placeOf.set(id, set)
    }
    set.set(id, stood.load)
    if (counted.has(stood.standing) && candidate.load) this.#taken.set(id, candidate.load.takenAt)
    else this.#taken.delete(id)
    if (stood.wakeAt < Infinity) this.#wake.set(id, stood.wakeAt)
    else this.#wake.delete(id)
    return stood
  }

  delete(id: string): void {
    for (const set of [this.#placeOf.get(id), this.#taken, this.#wake]) set?.delete(id)
    this.#placeOf.delete(id)
  }

  /** At most `most` servers that may stand elsewhere by now. */
  due(at: number, most: number): readonly string[] {
    const due: string[] = []
    for (let next = this.#wake.at(0); next && due.length < most; next = this.#wake.at(due.length)) {
      if (next.score > at) break
      due.push(next.id)
    }
    return due
  }

  /** Every zone that was ever seen, in the order of their names. */
  zones(): readonly string[] {
    return this.#zones
  }

  /** The servers that stand so in that zone. */
  members(standing: Standing, zone: string): SortedSet {
    return this.#sets.get(zone)?.get(standing) ?? nobody
  }

  count(standing: Standing): number {
    let count = 0
    for (const sets of this.#sets.values()) count += sets.get(standing)?.size ?? 0
    return count
  }

  /** How many servers have counters that matter, and how many of these are fresh. */
  ages(at: number): { readonly counted: number; readonly fresh: number } {
    const { size } = this.#taken
    return { counted: size, fresh: size - this.#taken.below(at - freshMs) }
  }

  #setOf(standing: Standing, zone: string): SortedSet {
    let sets = this.#sets.get(zone)
    if (!sets) {
      sets = new Map()
      this.#sets.set(zone, sets)
      this.#zones = [...this.#sets.keys()].toSorted()
    }
    let set = sets.get(standing)
    if (!set) sets.set(standing, (set = new SortedSet()))
    return set
  }
}

const counted: ReadonlySet<Standing> = new Set(['ready', 'warming', 'full'])
const nobody = new SortedSet()
