import t from 'tap'
import { silentLog } from '../../../../../runtime/log.ts'
import { createRedisStore } from '../../../../../selector/store/redis/store.ts'
import { load, mediaServer } from '../../../../support/fleet.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'
import { policy, redisWorld } from '../../../../support/redis-world.ts'

t.test('when Redis is back, loads are told before places are kept, so that no call counts twice', async t => {
  const clock = new ManualClock()
  const { redis, raw, store, logged } = await redisWorld(t, 5_000, clock)
  for (const id of ['ms-a', 'ms-b']) {
    await store.servers.put(mediaServer(id))
    await store.ledger.putLoad(id, load({ takenAt: clock.wall() }), 1)
  }
  // Shortly before places are kept as always.
  clock.advance(4_000)
  await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await logged('redis.lost')
  for (const [call, exclude] of [
    ['told', ['ms-b']],
    ['untold', ['ms-a']],
  ] as const) {
    const choice = await store.ledger.reserve({ call, exclude, chance: 0, at: clock.wall(), ttlMs: 15_000 })
    t.equal(choice.kind, 'chosen')
    await store.ledger.settle(call)
  }
  await logged('redis.returned')
  const reserved = async () => (await store.ledger.candidates()).map(candidate => candidate.reserved)
  clock.advance(2_000)
  t.strictSame(await reserved(), [0, 0], 'others may yet tell what their servers carry')
  const other = createRedisStore({ url: redis.url, fleet: 'f', policy, clock, log: silentLog })
  await other.start()
  await other.ledger.putLoad('ms-a', load({ waiting: 1, takenAt: clock.wall() }), 2)
  await other.stop()
  clock.advance(2_000)
  t.strictSame(await reserved(), [0, 1], 'the place of a call that no counters show is kept')
})

t.test(
  'a call that moves away from a dead server while places are kept has one place, and none once it has joined',
  async t => {
    const clock = new ManualClock()
    const { store } = await redisWorld(t, 5_000, clock)
    const { ledger } = store
    for (const id of ['ms-a', 'ms-b']) {
      await store.servers.put(mediaServer(id))
      await ledger.putLoad(id, load({ takenAt: clock.wall() }), 1)
    }
    const place = (exclude: readonly string[]) =>
      ledger.reserve({ call: 'c1', exclude, chance: 0, at: clock.wall(), ttlMs: 15_000 })
    await place(['ms-b'])
    await ledger.settle('c1')
    await ledger.release(['c1'])
    clock.advance(4_000)
    await ledger.putLoad('ms-a', load({ takenAt: clock.wall(), reconciled: false }), 1)
    const moving = place(['ms-a'])
    clock.advance(1_000)
    t.match(await moving, { server: { id: 'ms-b' } })
    const reserved = async () => (await ledger.candidates()).map(candidate => candidate.reserved)
    t.strictSame(await reserved(), [0, 1])
    await ledger.release(['c1'])
    t.strictSame(await reserved(), [0, 0])
  },
)

t.test('counters that show a call and are older than its place give it no second one', async t => {
  const clock = new ManualClock()
  const { store } = await redisWorld(t, 5_000, clock)
  const { ledger } = store
  await store.servers.put(mediaServer('ms-a'))
  await ledger.putLoad('ms-a', load({ takenAt: clock.wall() }), 1)
  clock.advance(4_900)
  await ledger.reserve({ call: 'c1', exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 })
  // The call has joined; events take longer than it took from the choice to the join.
  await ledger.putLoad('ms-a', load({ waiting: 1, takenAt: clock.wall() - 300 }), 1)
  await ledger.release(['c1'])
  await ledger.settle('c1')
  clock.advance(200)
  const placesKept = await ledger.candidates()
  t.match(placesKept, [{ reserved: 0 }])
})
