import t from 'tap'
import type { TimeWindow } from '../../../../selector/domain/route.ts'
import { isTimeZone, openAt } from '../../../../selector/domain/time-window.ts'

const office: TimeWindow = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '08:00',
  until: '18:00',
  zone: 'Europe/Berlin',
}

function isOpen(window: TimeWindow, at: string): boolean {
  return openAt(window)(Date.parse(at))
}

t.test('a window is open from its first minute until before its last, by the clocks of its zone', async t => {
  t.notOk(isOpen(office, '2026-01-05T07:59:59+01:00'))
  t.ok(isOpen(office, '2026-01-05T08:00:00+01:00'))
  t.ok(isOpen(office, '2026-01-05T17:59:59+01:00'))
  t.notOk(isOpen(office, '2026-01-05T18:00:00+01:00'))
  t.ok(isOpen(office, '2026-07-06T06:00:00Z'), 'in summer it is an hour earlier elsewhere')
  t.notOk(isOpen(office, '2026-01-05T07:00:00+02:00'))
})

t.test('it is closed on other days', async t => {
  t.notOk(isOpen(office, '2026-01-04T12:00:00+01:00'), 'a Sunday')
  t.ok(isOpen({ ...office, days: ['sun'] }, '2026-01-04T12:00:00+01:00'))
})

t.test('over midnight the morning belongs to the day before', async t => {
  const night: TimeWindow = { days: ['fri'], from: '22:00', until: '06:00', zone: 'UTC' }
  t.ok(isOpen(night, '2026-01-02T23:00:00Z'), 'Friday night')
  t.ok(isOpen(night, '2026-01-03T05:59:00Z'), 'Saturday morning')
  t.notOk(isOpen(night, '2026-01-02T05:00:00Z'), 'Friday morning')
  t.notOk(isOpen(night, '2026-01-03T23:00:00Z'), 'Saturday night')
})

t.test('a whole day ends at 24:00', async t => {
  const sunday: TimeWindow = { days: ['sun'], from: '00:00', until: '24:00', zone: 'UTC' }
  t.ok(isOpen(sunday, '2026-01-04T23:59:59Z'))
  t.notOk(isOpen(sunday, '2026-01-05T00:00:00Z'))
})

t.test('one window may be asked for many times', async t => {
  const open = openAt(office)
  for (const [at, expected] of [
    ['2026-01-05T12:00:10+01:00', true],
    ['2026-01-05T12:00:50+01:00', true],
    ['2026-01-04T12:00:00+01:00', false],
    ['2026-01-05T12:00:20+01:00', true],
  ] as const) {
    t.equal(open(Date.parse(at)), expected, at)
  }
})

t.test('a zone is one that the machine knows', async t => {
  t.ok(isTimeZone('Europe/Berlin'))
  t.notOk(isTimeZone('Mars/Olympus'))
  t.throws(() => openAt({ ...office, zone: 'Mars/Olympus' }), RangeError)
})
