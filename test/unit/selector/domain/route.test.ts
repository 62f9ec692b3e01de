import * as fc from 'fast-check'
import t from 'tap'
import { byRank, moved, type Route } from '../../../../selector/domain/route.ts'
import { route } from '../../../support/routes.ts'

/** The ids in their order after the move. */
function after(routes: readonly Route[], ranks: ReadonlyMap<string, number> | undefined): readonly string[] {
  return routes
    .map(one => ({ ...one, rank: ranks?.get(one.id) ?? one.rank }))
    .toSorted(byRank)
    .map(({ id }) => id)
}

const abc = [route('a', 1), route('b', 2), route('c', 3)]

t.test('a route goes before another, first or last, and only its own rank changes', async t => {
  for (const [id, before, order] of [
    ['c', 'b', 'acb'],
    ['c', 'a', 'cab'],
    ['a', undefined, 'bca'],
    ['b', 'b', ''],
  ] as const) {
    const ranks = moved(abc, id, before)
    if (order === '') t.equal(ranks, undefined, 'not before itself')
    else t.strictSame([after(abc, ranks).join(''), ranks?.size], [order, 1])
  }
})

t.test('a move of or to what is not there is none', async t => {
  t.equal(moved(abc, 'x', 'a'), undefined)
  t.equal(moved(abc, 'a', 'x'), undefined)
})

t.test('when there is no gap left all get new ranks', async t => {
  const tight = [route('a', 0, { rank: 1 }), route('b', 0, { rank: 2 }), route('c', 0, { rank: 3 })]
  const ranks = moved(tight, 'c', 'b')
  t.equal(after(tight, ranks).join(''), 'acb')
  t.equal(ranks?.size, 3)
})

t.test('any number of moves gives the order that they say', async t => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const move = fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids, undefined))
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), moves => {
      let routes = ids.map((id, n) => route(id, n))
      let expected = [...ids]
      for (const [id, before] of moves.filter(([id, before]) => id !== before)) {
        const ranks = moved(routes, id, before)
        routes = routes.map(one => ({ ...one, rank: ranks?.get(one.id) ?? one.rank }))
        expected = expected.filter(one => one !== id)
        expected.splice(before === undefined ? expected.length : expected.indexOf(before), 0, id)
      }
      return after(routes, undefined).join('') === expected.join('')
    }),
  )
  t.pass()
})
