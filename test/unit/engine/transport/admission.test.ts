import t from 'tap'
import { createAdmission, type Admission } from '../../../../engine/transport/admission.ts'
import { transportDefaults, type TransportLimits } from '../../../../engine/transport/transport-options.ts'
import { liveBytes } from '../../../support/heap.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const unbounded = {
  connectsPerSecondPerAddress: 0,
  handshakesPerSecond: 0,
  upgradesPerSecond: 0,
}

function gate(limits: Partial<TransportLimits>): {
  readonly clock: ManualClock
  readonly admission: Admission
} {
  const clock = new ManualClock()
  const admission = createAdmission({ ...transportDefaults.limits, ...unbounded, ...limits }, () =>
    clock.now(),
  )
  return { clock, admission }
}

/** How many of `count` connections get in. */
function entered(admission: Admission, address: string, count: number): number {
  return Array.from({ length: count }, () => admission.enter(address)).filter(({ ok }) => ok).length
}

t.test(
  'two thousand agents behind one address may come back at once, and others have room meanwhile',
  async t => {
    const admission = createAdmission(transportDefaults.limits, () => 0)
    t.equal(entered(admission, '192.0.2.1', 3000), 2000)
    t.equal(entered(admission, '192.0.2.2', 400), 400)
    t.ok(Array.from({ length: 2400 }, () => admission.mayUpgrade()).every(may => may))
  },
)

t.test('a place is given back once', async t => {
  const { admission } = gate({ connections: 2, connectionsPerAddress: 1 })
  const first = admission.enter('192.0.2.1')
  t.strictSame(admission.enter('192.0.2.1'), { ok: false, reason: 'too-many-of-address' })
  t.ok(admission.enter('192.0.2.2').ok)
  t.strictSame(admission.enter('192.0.2.3'), { ok: false, reason: 'too-many-connections' })
  if (!first.ok) throw new Error('the first one did not enter')
  first.leave()
  first.leave()
  t.ok(admission.enter('192.0.2.3').ok)
  t.equal(admission.enter('192.0.2.4').ok, false)
})

t.test('an address that comes too fast waits, and others do not feel it', async t => {
  const { clock, admission } = gate({ connectsPerSecondPerAddress: 10, connectsBurstPerAddress: 20 })
  t.equal(entered(admission, '192.0.2.1', 100), 20)
  t.strictSame(admission.enter('192.0.2.1'), { ok: false, reason: 'too-fast-from-address' })
  t.equal(entered(admission, '192.0.2.2', 5), 5)
  clock.advance(1000)
  t.equal(entered(admission, '192.0.2.1', 100), 10)
})

t.test('all addresses together come at a rate, and who is refused takes nothing of it', async t => {
  const { clock, admission } = gate({
    connectsPerSecondPerAddress: 1,
    connectsBurstPerAddress: 1,
    handshakesPerSecond: 5,
    handshakesBurst: 10,
  })
  t.equal(entered(admission, '192.0.2.1', 50), 1)
  const each = Array.from({ length: 20 }, (_, at) => admission.enter(`198.51.100.${at}`))
  t.equal(each.filter(({ ok }) => ok).length, 9)
  t.strictSame(each[19], { ok: false, reason: 'too-fast' })
  clock.advance(2000)
  t.equal(
    Array.from({ length: 20 }, (_, at) => entered(admission, `203.0.113.${at}`, 1)).filter(n => n === 1)
      .length,
    10,
  )
})

t.test('an IPv6 peer is its network of 64 bits', async t => {
  const { admission } = gate({ connectionsPerAddress: 1 })
  t.ok(admission.enter('2001:db8:1:2::1').ok)
  t.equal(admission.enter('2001:db8:1:2:ffff:eeee:dddd:cccc').ok, false)
  t.ok(admission.enter('2001:db8:1:3::1').ok)
  t.ok(admission.enter('::1').ok)
  t.equal(admission.enter('::2').ok, false)
})

t.test('upgrades have a rate of their own', async t => {
  const { clock, admission } = gate({ upgradesPerSecond: 2, upgradesBurst: 3 })
  const now = (): number => Array.from({ length: 10 }, () => admission.mayUpgrade()).filter(Boolean).length
  t.equal(now(), 3)
  clock.advance(1000)
  t.equal(now(), 2)
})

t.test('many addresses that were here once are not remembered', async t => {
  const { clock, admission } = gate({ connectsPerSecondPerAddress: 10, connectsBurstPerAddress: 10 })
  const before = liveBytes()
  for (let n = 0; n < 200_000; n += 1) {
    const one = admission.enter(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    if (one.ok) one.leave()
    clock.advance(1)
  }
  const grown = liveBytes() - before
  t.ok(grown < 1_000_000, `${grown} bytes more than before`)
})
