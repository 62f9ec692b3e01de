import type { Member, SortedSet } from './sorted-set.ts'

/** Who was taken out of how many, and who was looked at on the way. */
export interface Taken {
  readonly id: string
  readonly among: number
  readonly looked: readonly Looked[]
}

/** A server that was looked at; `place`: where it stood among those tied or drawn from. */
export interface Looked {
  readonly id: string
  readonly place?: number
}

/** The places that chance draws out of `size`: two, or the only one. */
export function twoPlaces(size: number, chance: number): readonly number[] {
  const draw = chance * size
  const first = Math.floor(draw)
  if (size < 2) return [first]
  const second = Math.floor((draw - first) * (size - 1))
  return [first, second >= first ? second + 1 : second]
}

/** The less loaded of the two that chance draws; undefined when both were tried. */
export function lessOfTwo(
  sets: readonly SortedSet[],
  exclude: readonly string[],
  chance: number,
): Taken | undefined {
  const size = sets.reduce((sum, set) => sum + set.size, 0)
  const drawn = twoPlaces(size, chance).flatMap(place => {
    const member = memberAt(sets, place)
    return member ? [{ ...member, place }] : []
  })
  const open = drawn.filter(({ id }) => !exclude.includes(id))
  const [first, second] = open
  if (first === undefined) return undefined
  const { id } = second !== undefined && second.score < first.score ? second : first
  return { id, among: size, looked: drawn.map(({ id: looked, place }) => ({ id: looked, place })) }
}

function memberAt(sets: readonly SortedSet[], place: number): Member | undefined {
  let rest = place
  for (const set of sets) {
    if (rest < set.size) return set.at(rest)
    rest -= set.size
  }
  return undefined
}

/** How many of those tied, and how many of those behind them, are written down. */
const written = 4

/** The least loaded; chance settles ties. */
export function leastLoaded(
  sets: readonly SortedSet[],
  exclude: readonly string[],
  chance: number,
): Taken | undefined {
  const least = leastIn(sets, exclude)
  if (least === undefined) return undefined
  const ties = sets.map(set => tiesIn(set, least, exclude))
  const among = ties.reduce((sum, { count }) => sum + count, 0)
  const chosen = Math.floor(chance * among)
  const from = chosen - (chosen % written)
  const places = Array.from({ length: Math.min(written, among - from) }, (_, i) => from + i)
  const tied = places.flatMap(place => {
    const id = tiedAt(ties, place)
    return id === undefined ? [] : [{ id, place }]
  })
  const id = tied.find(({ place }) => place === chosen)?.id
  return id === undefined ? undefined : { id, among, looked: [...tied, ...behind(sets, least)] }
}

/** The least load among those that are not excluded. */
export function leastIn(sets: readonly SortedSet[], exclude: readonly string[]): number | undefined {
  let least: number | undefined
  for (const set of sets) {
    for (let place = 0; place <= exclude.length; place++) {
      const member = set.at(place)
      if (member === undefined) break
      if (exclude.includes(member.id)) continue
      if (least === undefined || member.score < least) least = member.score
      break
    }
  }
  return least
}

/** Those of a set that have one load. */
interface Ties {
  readonly set: SortedSet
  readonly from: number
  readonly count: number
  /** Places of the excluded among them, in order. */
  readonly gaps: readonly number[]
}

function tiesIn(set: SortedSet, load: number, exclude: readonly string[]): Ties {
  const gaps = exclude.flatMap(id => (set.score(id) === load ? [set.indexOf(id)] : []))
  return {
    set,
    from: set.below(load),
    count: set.equal(load) - new Set(gaps).size,
    gaps: [...new Set(gaps)].toSorted((a, b) => a - b),
  }
}

function tiedAt(ties: readonly Ties[], place: number): string | undefined {
  let rest = place
  for (const { set, from, count, gaps } of ties) {
    if (rest < count) {
      let at = from + rest
      for (const gap of gaps) if (gap <= at) at += 1
      return set.at(at)?.id
    }
    rest -= count
  }
  return undefined
}

function behind(sets: readonly SortedSet[], load: number): readonly Looked[] {
  const found: Looked[] = []
  for (const set of sets) {
    const from = set.below(load) + set.equal(load)
    for (let place = from; found.length < written; place++) {
      const member = set.at(place)
      if (member === undefined) break
      found.push({ id: member.id })
    }
  }
  return found
}
