import t from 'tap'
import { ManualClock } from '../../../support/manual-clock.ts'
import { createResolver, familyOf, type Ask, type Resolved } from '../../../../engine/transport/resolver.ts'

t.test('a name that is not resolved in time fails, and a late answer changes nothing', async t => {
  const clock = new ManualClock()
  const { ask, answer } = slowResolver()
  const results: Resolved[] = []
  const resolver = createResolver({ resolveMs: 2000, resolving: 1 }, clock, ask)
  resolver.resolve('slow.example.com', 4, resolved => results.push(resolved))
  clock.advance(1999)
  t.strictSame(results, [])
  clock.advance(1)
  t.strictSame(results, [{ ok: false, reason: 'resolve-timeout' }])
  answer('192.0.2.1')
  t.equal(results.length, 1)
})

t.test('only so many names are resolved at one time, also when their callers have given up', async t => {
  const clock = new ManualClock()
  const { ask, answer } = slowResolver()
  const resolver = createResolver({ resolveMs: 2000, resolving: 1 }, clock, ask)
  const resolve = (): Promise<Resolved> => new Promise(done => resolver.resolve('a.example.com', 4, done))
  const first = resolve()
  clock.advance(2000)
  t.strictSame(await resolve(), { ok: false, reason: 'resolver-busy' })
  answer('192.0.2.1')
  t.strictSame(await first, { ok: false, reason: 'resolve-timeout' })
  const third = resolve()
  answer('192.0.2.3')
  t.strictSame(await third, { ok: true, address: '192.0.2.3' })
})

t.test('addresses need no resolving', async t => {
  t.strictSame(['192.0.2.1', '2001:db8::1', 'example.com', '192.0.2'].map(familyOf), [4, 6, 0, 0])
})

function slowResolver(): { readonly ask: Ask; readonly answer: (address: string) => void } {
  const waiting: Parameters<Ask>[2][] = []
  return { ask: (_, __, done) => waiting.push(done), answer: address => waiting.shift()?.(null, address) }
}
