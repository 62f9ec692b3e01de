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
    return member ? [{ place, ...member }] : []
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
  let among = 0
  for (const { count } of ties) among += count
  const chosen = Math.floor(chance * among)
  const from = chosen - (chosen % written)
  const looked: Looked[] = []
  let id: string | undefined
  for (let place = from; place < among && place < from + written; place++) {
    const tied = tiedAt(ties, place)
    if (tied === undefined) continue
    looked.push({ id: tied, place })
    if (place === chosen) id = tied
  }
  if (id === undefined) return undefined
  lookBehind(ties, looked)
  return { id, among, looked }
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
  readonly equal: number
  /** Without the excluded. */
  readonly count: number
  /** Places of the excluded among them, in order. */
  readonly gaps: readonly number[]
}

function tiesIn(set: SortedSet, load: number, exclude: readonly string[]): Ties {
  const from = set.below(load)
  const equal = set.upTo(load) - from
  if (exclude.length === 0) return { set, from, equal, count: equal, gaps: noGaps }
  const out = new Set(exclude.flatMap(id => (set.score(id) === load ? [set.indexOf(id)] : [])))
  return { set, from, equal, count: equal - out.size, gaps: [...out].toSorted((a, b) => a - b) }
}

const noGaps: readonly number[] = []

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

/** Adds the first few of those that are loaded more. */
function lookBehind(ties: readonly Ties[], looked: Looked[]): void {
  const most = looked.length + written
  for (const { set, from, equal } of ties) {
    for (let place = from + equal; looked.length < most; place++) {
      const member = set.at(place)
      if (member === undefined) break
      looked.push({ id: member.id })
    }
  }
}
