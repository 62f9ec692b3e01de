import t from 'tap'
import type { Names } from '../../../../engine/uac/locate.ts'
import { createLocator, type Locator } from '../../../../engine/uac/locator.ts'
import { fakeNames } from '../../../support/fake-names.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const limits = { locateMs: 3000, locatedMs: 30_000, located: 2 }

function locatorOn(names: Names): { readonly clock: ManualClock; readonly locator: Locator } {
  const clock = new ManualClock()
  return { clock, locator: createLocator({ names, clock, random: () => '00000000', limits }) }
}

function locate(locator: Locator, host: string): Promise<readonly string[]> {
  return new Promise(resolve =>
    locator.locate({ host, secure: false, port: 5060 }, ['udp'], places =>
      resolve(places.map(place => place.host)),
    ),
  )
}

t.test('an answer is remembered for a while, and then told at once', async t => {
  const names = fakeNames({ addresses: { 'a.com': ['192.0.2.1'] } })
  const { clock, locator } = locatorOn(names)
  t.strictSame(await locate(locator, 'a.com'), ['192.0.2.1'])
  let isAtOnce = false
  locator.locate({ host: 'a.com', secure: false, port: 5060 }, ['udp'], () => (isAtOnce = true))
  t.equal(isAtOnce, true)
  t.equal(names.asked.length, 1)
  clock.advance(30_000)
  await locate(locator, 'a.com')
  t.equal(names.asked.length, 2)
  t.equal(clock.pending, 0)
})

t.test('that there is no such name is remembered for a tenth of it', async t => {
  const names = fakeNames({})
  const { clock, locator } = locatorOn(names)
  t.strictSame(await locate(locator, 'a.com'), [])
  clock.advance(2999)
  await locate(locator, 'a.com')
  t.equal(names.asked.length, 1)
  clock.advance(1)
  await locate(locator, 'a.com')
  t.equal(names.asked.length, 2)
})

t.test('requests that wait for the same name ask once', async t => {
  const names = fakeNames({ addresses: { 'a.com': ['192.0.2.1'] } })
  const { locator } = locatorOn(names)
  const found = await Promise.all([locate(locator, 'a.com'), locate(locator, 'a.com')])
  t.strictSame(found, [['192.0.2.1'], ['192.0.2.1']])
  t.equal(names.asked.length, 1)
})

t.test('no answer in time is no place, and a late one changes nothing', async t => {
  let answer: ((addresses: readonly string[]) => void) | undefined
  const slow: Names = {
    ...fakeNames({}),
    addresses: () => new Promise(resolve => (answer = resolve)),
  }
  const { clock, locator } = locatorOn(slow)
  const found = locate(locator, 'a.com')
  await Promise.resolve()
  clock.advance(3000)
  t.strictSame(await found, [])
  answer?.(['192.0.2.1'])
  await Promise.resolve()
  t.strictSame(await locate(locator, 'a.com'), [])
})

t.test('neither memory nor open questions grow beyond their limit', async t => {
  const names = fakeNames({ addresses: { 'a.com': ['192.0.2.1'] } })
  const { locator } = locatorOn(names)
  for (const host of ['a.com', 'b.com', 'c.com']) await locate(locator, host)
  const before = names.asked.length
  await locate(locator, 'c.com')
  t.equal(names.asked.length, before, 'the last ones are remembered')
  await locate(locator, 'a.com')
  t.equal(names.asked.length, before + 1, 'the oldest one was forgotten')
  const stuck = locatorOn({ ...names, addresses: () => new Promise(() => undefined) })
  void locate(stuck.locator, 'x.com')
  void locate(stuck.locator, 'y.com')
  t.strictSame(await locate(stuck.locator, 'z.com'), [], 'a third question is not asked')
  stuck.clock.advance(3000)
})

t.test('a fault in the lookup is no place', async t => {
  const { clock, locator } = locatorOn({
    ...fakeNames({}),
    addresses: () => Promise.reject(new Error('resolver is broken')),
  })
  t.strictSame(await locate(locator, 'a.com'), [])
  t.equal(clock.pending, 0)
})
