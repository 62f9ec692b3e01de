import t from 'tap'
import { Alarm, TimerWheel, type Ringing } from '../../../../engine/transaction/wheel.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** An alarm that notes when it rang. */
function noted(
  clock: ManualClock,
  name: string,
  rang: string[],
  onRing: () => void = () => undefined,
): Alarm {
  const owner: Ringing = {
    ring(timer) {
      rang.push(`${name} ${timer} at ${clock.now()}`)
      onRing()
    },
  }
  return new Alarm(owner)
}

t.test('an alarm rings once, at its time, rounded up to a tick', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const rang: string[] = []
  wheel.set(noted(clock, 'a', rang), 'A', 500)
  wheel.set(noted(clock, 'b', rang), 'B', 505)
  clock.advance(499)
  t.strictSame(rang, [])
  clock.advance(2000)
  t.strictSame(rang, ['a A at 500', 'b B at 510'])
})

t.test('the clock is left alone when nothing runs', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const alarm = noted(clock, 'a', [])
  t.equal(clock.pending, 0)
  wheel.set(alarm, 'A', 500)
  t.equal(clock.pending, 1)
  wheel.clear(alarm)
  wheel.clear(alarm)
  t.equal(wheel.size, 0)
  t.equal(clock.pending, 0)
})

t.test('an alarm that is set again forgets what it was set to', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const rang: string[] = []
  const alarm = noted(clock, 'a', rang)
  wheel.set(alarm, 'A', 100)
  wheel.set(alarm, 'B', 300)
  t.equal(wheel.size, 1)
  clock.advance(1000)
  t.strictSame(rang, ['a B at 300'])
})

t.test('times beyond one turn of the wheel are kept', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock, 10, 16)
  const rang: string[] = []
  wheel.set(noted(clock, 'far', rang), 'L', 32_000)
  wheel.set(noted(clock, 'near', rang), 'A', 160)
  clock.advance(31_999)
  t.strictSame(rang, ['near A at 160'])
  clock.advance(1)
  t.strictSame(rang, ['near A at 160', 'far L at 32000'])
})

t.test('alarms of one moment ring in the order they were set, and one may take back another', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const rang: string[] = []
  const third = noted(clock, 'third', rang)
  wheel.set(noted(clock, 'first', rang), 'A', 100)
  wheel.set(
    noted(clock, 'second', rang, () => wheel.clear(third)),
    'A',
    100,
  )
  wheel.set(third, 'A', 100)
  clock.advance(200)
  t.strictSame(rang, ['first A at 100', 'second A at 100'])
  t.equal(wheel.size, 0)
})

t.test('an alarm that sets itself again from within rings at its next time', async t => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const rang: string[] = []
  const alarm: Alarm = noted(clock, 'a', rang, () => {
    if (rang.length < 3) wheel.set(alarm, 'A', clock.now() + 100)
  })
  wheel.set(alarm, 'A', 100)
  clock.advance(1000)
  t.strictSame(rang, ['a A at 100', 'a A at 200', 'a A at 300'])
  t.equal(clock.pending, 0)
})

t.test('after a stall everything overdue rings once, whatever slot it is in', async t => {
  let now = 0
  const tasks: (() => void)[] = []
  const clock = {
    now: () => now,
    wall: () => now,
    after: (_: number, task: () => void) => (tasks.push(task), () => undefined),
  }
  const wheel = new TimerWheel(clock, 10, 16)
  const rang: string[] = []
  for (const at of [30, 200, 5000]) {
    wheel.set(new Alarm({ ring: timer => rang.push(`${timer} ${at}`) }), 'A', at)
  }
  now = 4000
  tasks.shift()?.()
  t.strictSame(rang.toSorted(), ['A 200', 'A 30'])
  t.equal(wheel.size, 1)
})
