import t from 'tap'
import { parseVia } from '../../../engine/message/via.ts'
import {
  createOverload,
  feedbackIn,
  nextPercent,
  withFeedback,
  type Overload,
} from '../../../engine/overload.ts'
import { ManualClock } from '../../support/manual-clock.ts'

t.test('the share to be held back grows with what had to be shed, and goes when nothing is', async t => {
  const shares = [
    [0, { admitted: 100, shed: 0 }, 0],
    [0, { admitted: 50, shed: 50 }, 50],
    [50, { admitted: 50, shed: 50 }, 75],
    [75, { admitted: 90, shed: 10 }, 77.5],
    [94, { admitted: 0, shed: 10 }, 95],
    [50, { admitted: 100, shed: 0 }, 44.5],
    [50, { admitted: 0, shed: 0 }, 44.5],
    [0.4, { admitted: 0, shed: 0 }, 0],
  ] as const
  for (const [percent, window, next] of shares) t.equal(nextPercent(percent, window), next)
})

const feedback = { percent: 20, validityMs: 500, seq: 1700 }

t.test('feedback is read from the Via that we have sent', async t => {
  const cases: readonly [params: string, read: object | undefined][] = [
    [
      ';oc=20;oc-algo="loss";oc-validity=500;oc-seq=1282321615.781',
      { percent: 20, validityMs: 500, seq: 1_282_321_615.781 },
    ],
    [';oc=20', { percent: 20, validityMs: 500, seq: 0 }],
    [';oc=0;oc-validity=0', { percent: 0, validityMs: 0 }],
    [';oc=900', { percent: 100 }],
    [';oc=10;oc-validity=999999999', { validityMs: 60_000 }],
    [';oc', undefined],
    [';oc=some', undefined],
    [';oc=20;oc-algo="rate"', undefined],
    [';oc=20;oc-validity=x', undefined],
    ['', undefined],
  ]
  for (const [params, read] of cases) {
    const via = parseVia(`SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1${params}`)
    const found = via && feedbackIn(via)
    if (read === undefined) t.equal(found, undefined, params)
    else t.match(found, read, params)
  }
})

t.test('feedback is told to whom asks for it, in the first Via value', async t => {
  const told = ';oc=20;oc-algo="loss";oc-validity=500;oc-seq=1700.000'
  const cases = [
    ['SIP/2.0/UDP h;oc;branch=z9', `SIP/2.0/UDP h${told};branch=z9`],
    ['SIP/2.0/UDP h;branch=z9;oc;oc-algo="loss,rate"', `SIP/2.0/UDP h;branch=z9${told};oc-algo="loss,rate"`],
    ['SIP/2.0/UDP h;branch=z9;oc;oc-algo="loss"', `SIP/2.0/UDP h;branch=z9${told}`],
    ['SIP/2.0/UDP h;branch=z9', 'SIP/2.0/UDP h;branch=z9'],
    ['SIP/2.0/UDP h;branch=z9;octet=1', 'SIP/2.0/UDP h;branch=z9;octet=1'],
  ] as const
  for (const [given, wanted] of cases) t.equal(withFeedback(given, feedback), wanted)
})

function overloadAt(clock: ManualClock, random: () => string = () => '0000', peers = 2): Overload {
  return createOverload({ clock, random, peers })
}

t.test('nothing is told while nothing is shed', async t => {
  const clock = new ManualClock()
  const overload = overloadAt(clock)
  for (let second = 0; second < 10; second++) {
    overload.count('admitted')
    clock.advance(1000)
  }
  t.equal(overload.feedback(), undefined)
})

t.test('what is shed is told in the next second, until it has faded', async t => {
  const clock = new ManualClock()
  const overload = overloadAt(clock)
  for (let times = 0; times < 10; times++) overload.count(times < 5 ? 'shed' : 'admitted')
  clock.advance(1000)
  const first = overload.feedback()
  t.match(first, { percent: 50, validityMs: 1000 })
  clock.advance(1000)
  const second = overload.feedback()
  t.match(second, { percent: 44.5 })
  t.ok((second?.seq ?? 0) > (first?.seq ?? 0), 'each one can be told from those before')
  clock.advance(60_000)
  t.equal(overload.feedback()?.percent ?? 0, 0)
})

t.test('a peer that is overloaded gets the share that it wants, for as long as it says', async t => {
  const clock = new ManualClock()
  let drawn = 0
  const overload = overloadAt(clock, () => (drawn++ % 100).toString(16).padStart(4, '0'))
  overload.heard('peer', feedback)
  const gone = Array.from({ length: 100 }, () => overload.mayGo('peer')).filter(Boolean).length
  t.equal(gone, 80)
  t.ok(Array.from({ length: 100 }, () => overload.mayGo('other')).every(Boolean))
  clock.advance(500)
  t.ok(Array.from({ length: 100 }, () => overload.mayGo('peer')).every(Boolean))
})

t.test('feedback that was overtaken is ignored, an end of it ends it', async t => {
  const overload = overloadAt(new ManualClock())
  overload.heard('peer', { ...feedback, percent: 100 })
  overload.heard('peer', { percent: 0, validityMs: 500, seq: feedback.seq - 1 })
  t.equal(overload.mayGo('peer'), false)
  overload.heard('peer', { percent: 0, validityMs: 500, seq: feedback.seq + 1 })
  t.equal(overload.mayGo('peer'), true)
})

t.test('no more peers are remembered than allowed', async t => {
  const overload = overloadAt(new ManualClock())
  for (const peer of ['a', 'b', 'c']) overload.heard(peer, { ...feedback, percent: 100 })
  t.strictSame(
    ['a', 'b', 'c'].map(peer => overload.mayGo(peer)),
    [true, false, false],
  )
})
