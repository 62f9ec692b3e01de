/** One step of a compiled pattern. Targets are indices into the program. */
export type Op =
  /** Takes one character of the set. */
  | { readonly kind: 'take'; readonly set: CharSet }
  /** Goes on at both, `first` being preferred. */
  | { readonly kind: 'split'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  /** Notes the position in `slot`: two for each group, its start and its end. */
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'match' }

/** Steps that run from the first to a `match`. */
export type Program = readonly Op[]

/** A set of characters: one bit for each of ASCII, and whether all others belong to it. */
export interface CharSet {
  readonly bits: readonly [number, number, number, number]
  readonly others: boolean
  /** The character, when it is the only one. */
  readonly only?: string
}

/** The set of one character, which must be of ASCII. */
export function charSet(char: string): CharSet {
  return { ...rangeSet([[char.charCodeAt(0), char.charCodeAt(0)]]), only: char }
}

/** The set of some ranges of ASCII codes, or with `negated` of everything else. */
export function rangeSet(ranges: readonly (readonly [from: number, to: number])[], negated = false): CharSet {
  const bits: [number, number, number, number] = negated ? [-1, -1, -1, -1] : [0, 0, 0, 0]
  for (const [from, to] of ranges) {
    for (let code = from; code <= to; code++) {
      const at = wordOf(code)
      bits[at] = negated ? bits[at] & ~(1 << (code & 31)) : bits[at] | (1 << (code & 31))
    }
  }
  return { bits, others: negated }
}

/** Whether a character code is in the set. */
export function holds({ bits, others }: CharSet, code: number): boolean {
  return code > 127 ? others : ((bits[wordOf(code)] >>> (code & 31)) & 1) === 1
}

function wordOf(code: number): 0 | 1 | 2 | 3 {
  const words = [0, 1, 2, 3] as const
  return words[(code >> 5) & 3] ?? 0
}
