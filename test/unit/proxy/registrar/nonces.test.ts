import t from 'tap'
import { createNonces } from '../../../../proxy/registrar/nonces.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const key = Buffer.alloc(32, 7)

t.test('a nonce is good once per count, and counts must rise (RFC 7616 §3.4)', async t => {
  const nonces = createNonces({ ttlMs: 60_000, remembered: 10, clock: new ManualClock(), key })
  const nonce = nonces.issue()
  t.equal(nonces.check(nonce, 1), 'good')
  t.equal(nonces.check(nonce, 1), 'replayed')
  t.equal(nonces.check(nonce, 5), 'good')
  t.equal(nonces.check(nonce, 4), 'replayed')
})

t.test('a nonce goes stale', async t => {
  const clock = new ManualClock()
  const nonces = createNonces({ ttlMs: 60_000, remembered: 10, clock, key })
  const nonce = nonces.issue()
  clock.advance(60_001)
  t.equal(nonces.check(nonce, 1), 'stale')
})

t.test('a nonce that others made, or that was changed, is foreign', async t => {
  const clock = new ManualClock()
  const nonces = createNonces({ ttlMs: 60_000, remembered: 10, clock, key })
  const other = createNonces({ ttlMs: 60_000, remembered: 10, clock, key: Buffer.alloc(32, 8) })
  t.equal(nonces.check(other.issue(), 1), 'foreign')
  t.equal(nonces.check('', 1), 'foreign')
  t.equal(nonces.check('a.b.c', 1), 'foreign')
  const nonce = nonces.issue()
  t.equal(nonces.check(`1${nonce}`, 1), 'foreign')
})

t.test('a nonce that was used and forgotten is stale, never good again', async t => {
  const clock = new ManualClock()
  const nonces = createNonces({ ttlMs: 60_000, remembered: 2, clock, key })
  const first = nonces.issue()
  t.equal(nonces.check(first, 1), 'good')
  for (let count = 0; count < 3; count++) {
    clock.advance(1)
    t.equal(nonces.check(nonces.issue(), 1), 'good')
  }
  t.equal(nonces.check(first, 1), 'stale')
})

t.test('doors with the same key know each other’s nonces', async t => {
  const clock = new ManualClock()
  const one = createNonces({ ttlMs: 60_000, remembered: 2, clock, key })
  const two = createNonces({ ttlMs: 60_000, remembered: 2, clock, key })
  t.equal(two.check(one.issue(), 1), 'good')
})
