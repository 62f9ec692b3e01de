import t from 'tap'
import { createTrunkLimits, type TrunkLimits } from '../../../../proxy/trunk/limits.ts'
import type { Trunk } from '../../../../selector/domain/trunk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { trunkOf } from '../../../support/trunks.ts'

function limited(
  limits: Trunk['limits'],
  chance = 0,
): {
  readonly clock: ManualClock
  readonly limits: TrunkLimits
  readonly admit: (call: string) => string
} {
  const clock = new ManualClock()
  const made = createTrunkLimits({ clock, chance: () => chance })
  const trunk = trunkOf(limits && { limits })
  return { clock, limits: made, admit: call => made.admit(trunk, call).kind }
}

t.test('a trunk without limits takes any number of calls', async t => {
  const { admit } = limited(undefined)
  for (let n = 0; n < 1_000; n++) t.equal(admit(`c${n}`), 'admitted')
})

t.test('no more calls at once than its limit, however they end', async t => {
  const { admit, limits } = limited({ calls: 2 })
  t.strictSame([admit('a'), admit('b'), admit('c')], ['admitted', 'admitted', 'refused'])
  t.equal(admit('a'), 'admitted', 'a call has one place')
  limits.left('a')
  limits.left('a')
  limits.left('unknown')
  t.equal(limits.inUse('acision'), 1)
  t.strictSame([admit('c'), admit('d')], ['admitted', 'refused'])
})

t.test('no more new calls a second than its limit', async t => {
  const { admit, clock } = limited({ callsPerSecond: 5 })
  const burst = Array.from({ length: 7 }, (_, n) => admit(`a${n}`))
  t.equal(burst.filter(kind => kind === 'admitted').length, 5)
  clock.advance(400)
  t.strictSame([admit('b'), admit('c'), admit('d')], ['admitted', 'admitted', 'refused'])
  clock.advance(60_000)
  const later = Array.from({ length: 7 }, (_, n) => admit(`e${n}`))
  t.equal(later.filter(kind => kind === 'admitted').length, 5, 'what was not used is not saved up')
})

t.test('less than one call a second is possible, and none at all', async t => {
  const slow = limited({ callsPerSecond: 0.5 })
  t.strictSame([slow.admit('a'), slow.admit('b')], ['admitted', 'refused'])
  slow.clock.advance(2_000)
  t.equal(slow.admit('b'), 'admitted')
  t.equal(limited({ callsPerSecond: 0 }).admit('a'), 'refused')
  t.equal(limited({ calls: 0 }).admit('a'), 'refused')
})

t.test('those that are refused together are not told to come back together', async t => {
  const told = [0, 0.5, 0.99].map(chance => {
    const made = createTrunkLimits({ clock: new ManualClock(), chance: () => chance })
    const admission = made.admit(trunkOf({ limits: { calls: 0 } }), 'a')
    return admission.kind === 'refused' ? admission.retryAfterSec : 0
  })
  t.strictSame(told, [5, 10, 14])
})
