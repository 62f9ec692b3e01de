import * as fc from 'fast-check'
import t from 'tap'
import { SortedSet } from '../../../../selector/domain/sorted-set.ts'

t.test('it says what a sorted list would say, over any history', async t => {
  const step = fc.tuple(
    fc.stringMatching(/^[a-z]{1,2}$/),
    fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const set = new SortedSet()
      const plain = new Map<string, number>()
      for (const [id, score] of steps) {
        if (score === undefined) {
          set.delete(id)
          plain.delete(id)
        } else {
          set.set(id, score)
          plain.set(id, score)
        }
      }
      const sorted = [...plain].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
      return (
        set.size === sorted.length &&
        sorted.every(
          ([id, score], place) =>
            set.at(place)?.id === id && set.indexOf(id) === place && set.score(id) === score,
        ) &&
        [0, 1, 2, 3, 4, 5].every(
          score =>
            set.below(score) === sorted.filter(one => one[1] < score).length &&
            set.equal(score) === sorted.filter(one => one[1] === score).length,
        )
      )
    }),
  )
  t.pass()
})
