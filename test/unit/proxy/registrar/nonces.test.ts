import t from 'tap'
import { createNonces, type Nonces } from '../../../../proxy/registrar/nonces.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function nonces(clock = new ManualClock(), remembered = 10): Nonces {
  return createNonces({ ttlMs: 60_000, remembered, clock })
}

t.test('a nonce is good once per count, and counts must rise (RFC 7616 §3.4)', async t => {
  const book = nonces()
  const nonce = book.issue('f')
  t.equal(book.check(nonce, 'f', 1), 'good')
  t.equal(book.check(nonce, 'f', 1), 'replayed')
  t.equal(book.check(nonce, 'f', 5), 'good')
  t.equal(book.check(nonce, 'f', 4), 'replayed')
})

t.test('a nonce goes stale', async t => {
  const clock = new ManualClock()
  const book = nonces(clock)
  const nonce = book.issue('f')
  clock.advance(60_001)
  t.equal(book.check(nonce, 'f', 1), 'stale')
})

t.test('a nonce of another connection, of another door, or that was changed, is foreign', async t => {
  const book = nonces()
  t.equal(book.check(nonces().issue('f'), 'f', 1), 'foreign')
  t.equal(book.check(book.issue('f'), 'g', 1), 'foreign')
  for (const text of [
    '',
    'a.b.c',
    `1${book.issue('f')}`,
    `${book.issue('f')}é`,
    book.issue('f').replace(/.$/, 'é'),
  ])
    t.equal(book.check(text, 'f', 1), 'foreign', text)
})

t.test('a nonce that was used and forgotten is stale, never good again', async t => {
  const clock = new ManualClock()
  const book = nonces(clock, 2)
  const first = book.issue('f')
  t.equal(book.check(first, 'f', 1), 'good')
  for (let count = 0; count < 3; count++) {
    clock.advance(1)
    t.equal(book.check(book.issue('f'), 'f', 1), 'good')
  }
  t.equal(book.check(first, 'f', 1), 'stale')
})
