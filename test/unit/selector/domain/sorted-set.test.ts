import * as fc from 'fast-check'
import t from 'tap'
import { SortedSet } from '../../../../selector/domain/sorted-set.ts'

const step = fc.record({
  id: fc.integer({ min: 0, max: 400 }).map(n => `m${n}`),
  /** Absent: it is taken out. */
  score: fc.option(fc.constantFrom(-1, 0, 0.5, 1, 2, 3), { nil: undefined, freq: 4 }),
})

/** What a set must be like: all in one list, sorted anew whenever it is looked at. */
function ordered(scores: ReadonlyMap<string, number>): readonly { id: string; score: number }[] {
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .toSorted((a, b) => a.score - b.score || (a.id < b.id ? -1 : 1))
}

function after(steps: readonly { readonly id: string; readonly score: number | undefined }[]) {
  const set = new SortedSet()
  const scores = new Map<string, number>()
  for (const { id, score } of steps) {
    if (score === undefined) {
      set.delete(id)
      scores.delete(id)
    } else {
      set.set(id, score)
      scores.set(id, score)
    }
  }
  return { set, scores, all: ordered(scores) }
}

t.test('whatever is put in, moved and taken out, all stand in order', async t => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), steps => {
      const { set, all } = after(steps)
      t.strictSame(
        Array.from({ length: set.size + 1 }, (_, place) => set.at(place)),
        [...all, undefined],
      )
    }),
    { numRuns: 30 },
  )
})

t.test('places, scores and counts are those of the order', async t => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), steps => {
      const { set, scores, all } = after(steps)
      for (const [place, { id }] of all.entries()) {
        if (set.indexOf(id) !== place || set.score(id) !== scores.get(id)) return false
      }
      return [-2, -1, 0, 0.25, 1, 3, 4].every(
        score =>
          set.below(score) === all.filter(one => one.score < score).length &&
          set.upTo(score) === all.filter(one => one.score <= score).length,
      )
    }),
    { numRuns: 30 },
  )
  t.equal(new SortedSet().indexOf('nobody'), -1)
})
