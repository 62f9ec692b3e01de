import t from 'tap'
import { LedgerBook } from '../../../../../selector/store/memory/ledger-book.ts'
import { load, mediaServer } from '../../../../support/fleet.ts'

const begin = 1_000_000

/** A book of one server with room for two, both taken by calls that it placed and that the counters show. */
function full(): LedgerBook {
  const book = new LedgerBook({ utilisation: 'expected', rho: 0.7 })
  book.setServers([mediaServer('ms-a', { capacity: 2 })], begin)
  book.putLoad('ms-a', load({ takenAt: begin }), begin)
  for (const call of ['c1', 'c2']) {
    reserve(book, call, begin)
    book.settle(call)
  }
  book.putLoad('ms-a', load({ waiting: 2, takenAt: begin + 6_000 }), begin + 6_000)
  book.release(['c1', 'c2'], begin + 6_000)
  return book
}

const reserve = (book: LedgerBook, call: string, at: number): string =>
  book.reserve({ call, exclude: [], chance: 0, at, ttlMs: 15_000 }).kind

t.test('a call that is over frees its place before the counters tell of it', async t => {
  const book = full()
  t.equal(reserve(book, 'c3', begin + 7_000), 'none')
  book.end('c1', begin + 7_000)
  t.match(book.candidates(begin + 7_000), [{ ended: 1, load: { waiting: 2 } }])
  t.equal(reserve(book, 'c4', begin + 7_000), 'chosen')
  t.equal(reserve(book, 'c5', begin + 7_000), 'none')
})

t.test('counters that are newer than its end do not count it twice', async t => {
  const book = full()
  book.end('c1', begin + 7_000)
  book.putLoad('ms-a', load({ waiting: 2, takenAt: begin + 6_500 }), begin + 7_100)
  t.match(book.candidates(begin + 7_100), [{ ended: 1 }], 'these were on their way')
  book.putLoad('ms-a', load({ waiting: 1, takenAt: begin + 7_001 }), begin + 7_200)
  t.equal(book.candidates(begin + 7_200)[0]?.ended, undefined)
  t.equal(reserve(book, 'c3', begin + 7_200), 'chosen')
  t.equal(reserve(book, 'c4', begin + 7_200), 'none')
})

t.test(
  'a call that the counters may not show yet is not taken off them, nor more than they show',
  async t => {
    const book = full()
    book.end('c2', begin + 7_000)
    t.equal(reserve(book, 'c3', begin + 7_000), 'chosen')
    book.settle('c3')
    book.end('c3', begin + 7_500)
    t.match(book.candidates(begin + 7_500), [{ ended: 1 }])
    book.putLoad('ms-a', load({ takenAt: begin + 6_900 }), begin + 7_600)
    book.end('c1', begin + 7_700)
    t.equal(book.candidates(begin + 7_700)[0]?.ended, undefined)
  },
)
