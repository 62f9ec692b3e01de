import { SortedSet } from './sorted-set.ts'
import { freshMs, standingOf, type Facts, type Policy, type Standing, type Stood } from './standing.ts'

/** The servers of a fleet by standing, zone and load, kept in order, so that a choice looks at few of them. */
export class Ranking {
  /** Every zone that was ever seen, in the order of their names. */
  #zones: readonly Zone[] = []
  readonly #placeOf = new Map<string, SortedSet>()
  /** When the counters were taken of servers whose counters matter. */
  readonly #taken = new SortedSet()
  readonly #wake = new SortedSet()

  /** Puts a server where it stands at a wall-clock time. */
  set(candidate: Facts, policy: Policy, at: number): Stood {
    const stood = standingOf(candidate, policy, at)
    const { id, zone } = candidate.server
    const set = this.#zone(zone)[stood.standing]
    const before = this.#placeOf.get(id)
    if (before !== set) {
      before?.delete(id)
      this.#placeOf.set(id, set)
    }
    set.set(id, stood.load)
    if (candidate.load && isCounted(stood.standing)) this.#taken.set(id, candidate.load.takenAt)
    else this.#taken.delete(id)
    if (stood.wakeAt < Infinity) this.#wake.set(id, stood.wakeAt)
    else this.#wake.delete(id)
    return stood
  }

  delete(id: string): void {
    this.#placeOf.get(id)?.delete(id)
    this.#taken.delete(id)
    this.#wake.delete(id)
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

  /** Those who stand in one of these ways, in that zone or in all of them: one set for each of both, in the order of the names. */
  pool(standings: readonly Standing[], zone?: string): readonly SortedSet[] {
    const pool: SortedSet[] = []
    for (const standing of standings) {
      for (const one of this.#zones) {
        if ((zone === undefined || one.name === zone) && one[standing].size > 0) pool.push(one[standing])
      }
    }
    return pool
  }

  /** How many stand in each way. */
  counts(): Readonly<Record<Standing, number>> {
    const counts = { ready: 0, warming: 0, doubtful: 0, full: 0, out: 0, off: 0 }
    for (const { ready, warming, doubtful, full, out, off } of this.#zones) {
      counts.ready += ready.size
      counts.warming += warming.size
      counts.doubtful += doubtful.size
      counts.full += full.size
      counts.out += out.size
      counts.off += off.size
    }
    return counts
  }

  /** How many servers have counters that matter. */
  get counted(): number {
    return this.#taken.size
  }

  /** How many of these have fresh ones. */
  fresh(at: number): number {
    return this.#taken.size - this.#taken.below(at - freshMs)
  }

  #zone(name: string): Zone {
    const known = this.#zones.find(zone => zone.name === name)
    if (known) return known
    const zone: Zone = {
      name,
      ready: new SortedSet(),
      warming: new SortedSet(),
      doubtful: new SortedSet(),
      full: new SortedSet(),
      out: new SortedSet(),
      off: new SortedSet(),
    }
    this.#zones = [...this.#zones, zone].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return zone
  }
}

interface Zone extends Readonly<Record<Standing, SortedSet>> {
  readonly name: string
}

function isCounted(standing: Standing): boolean {
  return standing === 'ready' || standing === 'warming' || standing === 'full'
}
