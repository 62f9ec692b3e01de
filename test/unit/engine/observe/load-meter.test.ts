import t from 'tap'
import type { Clock } from '../../../../runtime/clock.ts'
import { shedLevel, type ShedLevel, type Strain } from '../../../../engine/admission.ts'
import { createLoadMeter, smoothed } from '../../../../engine/observe/load-meter.ts'
import { engineDefaults } from '../../../../engine/options.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const calm: Strain = { transactions: 0, lagMs: 0, heap: 0 }
const levels: readonly [strain: Partial<Strain>, level: ShedLevel][] = [
  [{}, 0],
  [{ transactions: 0.69 }, 0],
  [{ transactions: 0.7 }, 1],
  [{ transactions: 0.8 }, 2],
  [{ transactions: 0.9 }, 3],
  [{ transactions: 1 }, 4],
  [{ lagMs: 99 }, 0],
  [{ lagMs: 100 }, 1],
  [{ lagMs: 200 }, 2],
  [{ lagMs: 400 }, 3],
  [{ lagMs: 60_000 }, 3],
  [{ heap: 0.84 }, 0],
  [{ heap: 0.85 }, 1],
  [{ heap: 0.91 }, 2],
  [{ heap: 0.96 }, 3],
  [{ heap: 1 }, 3],
  [{ transactions: 0.75, lagMs: 250, heap: 0.5 }, 2],
  [{ transactions: 1, lagMs: 250 }, 4],
]

for (const [strain, level] of levels) {
  t.test(`${JSON.stringify(strain)} sheds ${level}`, async t => {
    t.equal(shedLevel({ ...calm, ...strain }, engineDefaults), level)
  })
}

t.test('one pause is no overload, the same lateness for a second is', async t => {
  t.ok(smoothed(0, 400) < 100)
  let lag = 0
  for (let tick = 0; tick < 10; tick += 1) lag = smoothed(lag, 400)
  t.ok(lag > 300, String(lag))
  for (let tick = 0; tick < 10; tick += 1) lag = smoothed(lag, -5)
  t.ok(lag < 100, String(lag))
})

t.test('a meter reads how late its process is, and nothing before and after', async t => {
  const manual = new ManualClock()
  let delay = 0
  const clock: Clock = {
    now: () => manual.now(),
    wall: () => manual.wall(),
    after: (ms, task) => manual.after(ms + delay, task),
  }
  const meter = createLoadMeter(clock, () => 0.5)
  t.equal(meter.lagMs(), 0)
  meter.start()
  manual.advance(2000)
  t.equal(meter.lagMs(), 0)
  t.equal(meter.heapShare(), 0.5)
  delay = 300
  manual.advance(6000)
  t.ok(meter.lagMs() > 250, String(meter.lagMs()))
  meter.stop()
  t.equal(meter.lagMs(), 0)
  t.equal(manual.pending, 0)
})
