import t from 'tap'
import { createLoginThrottle } from '../../../runtime/login-throttle.ts'
import { ManualClock } from '../../support/manual-clock.ts'

t.test('the wait for a user from an address doubles from one second to a minute', async t => {
  const clock = new ManualClock()
  const throttle = createLoginThrottle({ perAddress: 1_000, free: 2, clock })
  const waits = Array.from({ length: 10 }, () => {
    throttle.failed('a', '1')
    const wait = throttle.waitMs('a', '1')
    clock.advance(wait)
    return wait / 1_000
  })
  t.strictSame(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
})

t.test('others wait for nothing: not the same user elsewhere, not another user from there', async t => {
  const throttle = createLoginThrottle({ perAddress: 10, free: 1, clock: new ManualClock() })
  throttle.failed('a', '1')
  t.equal(throttle.waitMs('a', '1'), 1_000)
  t.equal(throttle.waitMs('a', '2'), 0)
  t.equal(throttle.waitMs('b', '1'), 0)
})

t.test('an address may fail so many times a minute, whoever it tries to be', async t => {
  const clock = new ManualClock()
  const throttle = createLoginThrottle({ perAddress: 3, free: 2, clock })
  for (const user of ['1', '2', '3']) throttle.failed('a', user)
  t.equal(throttle.waitMs('a', '4'), 60_000)
  t.equal(throttle.waitMs('b', '4'), 0)
  clock.advance(60_000)
  t.equal(throttle.waitMs('a', '4'), 0)
})

t.test('who knows the password, or is quiet for a quarter of an hour, starts afresh', async t => {
  const clock = new ManualClock()
  const throttle = createLoginThrottle({ perAddress: 100, free: 1, clock })
  throttle.failed('a', '1')
  throttle.succeeded('a', '1')
  t.equal(throttle.waitMs('a', '1'), 0)
  for (let count = 0; count < 5; count++) throttle.failed('a', '1')
  clock.advance(16_000 + 900_000)
  throttle.failed('a', '1')
  t.equal(throttle.waitMs('a', '1'), 1_000)
})

t.test('case and the credential of a session do not make another user', async t => {
  const throttle = createLoginThrottle({ perAddress: 100, free: 1, clock: new ManualClock() })
  throttle.failed('a', 'Anna~0123')
  t.equal(throttle.waitMs('a', 'anna'), 1_000)
})

t.test('what is remembered is bounded: the oldest is forgotten', async t => {
  const throttle = createLoginThrottle({ perAddress: 1, free: 1, clock: new ManualClock(), mostCounters: 2 })
  for (const address of ['a', 'b', 'c']) throttle.failed(address, '1')
  t.equal(throttle.waitMs('a', '1'), 0)
  t.ok(throttle.waitMs('b', '1'))
  t.ok(throttle.waitMs('c', '1'))
})
