import t from 'tap'
import { createLoginThrottle } from '../../../../selector/http/login-throttle.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

t.test('a window starts with the first failure and ends a minute later', async t => {
  const clock = new ManualClock()
  const throttle = createLoginThrottle({ perAddress: 10, perAgent: 2, clock })
  throttle.failed('a', '1')
  clock.advance(50_000)
  t.equal(throttle.waitMs('a', '1'), 0)
  throttle.failed('a', '1')
  t.equal(throttle.waitMs('a', '1'), 10_000)
  t.equal(throttle.waitMs('a', '2'), 0)
  t.equal(throttle.waitMs('b', '1'), 0)
  clock.advance(10_000)
  t.equal(throttle.waitMs('a', '1'), 0)
})

t.test('what is remembered is bounded: the oldest is forgotten', async t => {
  const clock = new ManualClock()
  const throttle = createLoginThrottle({ perAddress: 1, perAgent: 1, clock, mostCounters: 4 })
  throttle.failed('a', '1')
  throttle.failed('b', '1')
  t.ok(throttle.waitMs('a', '1'))
  throttle.failed('c', '1')
  t.equal(throttle.waitMs('a', '1'), 0)
  t.ok(throttle.waitMs('b', '1'))
  t.ok(throttle.waitMs('c', '1'))
})
