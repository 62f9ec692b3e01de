import t, { type Test } from 'tap'
import { silentLog as log } from '../../runtime/log.ts'
import type { Policy } from '../../selector/domain/standing.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Ledger, Store } from '../../selector/store/store.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const policy: Policy = { utilisation: 'expected', rho: 0.7 }
const redis = await startRedis()
t.teardown(() => redis.stop())

let fleets = 0
const stores: readonly [name: string, make: (clock: ManualClock) => Store][] = [
  ['memory', clock => createMemoryStore({ policy, clock, log })],
  [
    'redis',
    clock => {
      const fleet = `fleet-${++fleets}`
      return createRedisStore({ policy, clock, log, url: redis.url, fleet, commandTimeoutMs: 20_000 })
    },
  ],
]

interface Bed {
  readonly store: Store
  readonly ledger: Ledger
  readonly clock: ManualClock
  reserve(call: string): Promise<string>
  ended(): Promise<number | undefined>
}

for (const [name, make] of stores) {
  /** One server with room for two, both taken by calls that were placed here and that the counters show. */
  const test = (title: string, body: (t: Test, bed: Bed) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async t => {
      const clock = new ManualClock()
      const store = make(clock)
      await store.start()
      try {
        await body(t, await fullServer(store, clock))
      } finally {
        await store.stop()
      }
    })
  }

  test('a call that is over frees its place before the counters tell of it', async (t, bed) => {
    bed.clock.advance(1_000)
    t.equal(await bed.reserve('c3'), 'none')
    await bed.ledger.end('c1')
    t.match(await bed.ledger.candidates(), [{ ended: 1, load: { waiting: 2 } }])
    t.equal(await bed.reserve('c4'), 'chosen')
    t.equal(await bed.reserve('c5'), 'none')
  })

  test('a call that ends twice is taken off once', async (t, bed) => {
    bed.clock.advance(1_000)
    await bed.ledger.end('c1')
    await bed.ledger.end('c1')
    t.equal(await bed.ended(), 1)
  })

  test('counters that are newer than its end do not count it twice', async (t, bed) => {
    const { ledger, clock } = bed
    clock.advance(1_000)
    await ledger.end('c1')
    await ledger.putLoad('ms-a', load({ waiting: 2, takenAt: clock.wall() - 500 }))
    t.equal(await bed.ended(), 1, 'these were on their way')
    await ledger.putLoad('ms-a', load({ waiting: 1, takenAt: clock.wall() }))
    t.equal(await bed.ended(), undefined)
    t.equal(await bed.reserve('c3'), 'chosen')
    t.equal(await bed.reserve('c4'), 'none')
  })

  test('a call that the counters may not show yet is not taken off them', async (t, bed) => {
    const { ledger, clock } = bed
    clock.advance(1_000)
    await ledger.end('c2')
    t.equal(await bed.reserve('c3'), 'chosen')
    await ledger.settle('c3')
    clock.advance(500)
    await ledger.end('c3')
    t.equal(await bed.ended(), 1)
  })

  test('a call that was never answered is not taken off either', async (t, bed) => {
    const { ledger, clock } = bed
    clock.advance(1_000)
    await ledger.end('c1')
    t.equal(await bed.reserve('c3'), 'chosen')
    await ledger.putLoad('ms-a', load({ waiting: 1, takenAt: clock.wall() + 6_000 }))
    clock.advance(7_000)
    await ledger.end('c3')
    t.equal(await bed.ended(), undefined)
  })

  test('no more are taken off than the counters show agents', async (t, bed) => {
    const { ledger, clock } = bed
    clock.advance(1_000)
    for (const call of ['c1', 'c2']) await ledger.end(call)
    await ledger.putLoad('ms-a', load({ waiting: 1, takenAt: clock.wall() - 500 }))
    t.equal(await bed.ended(), 1)
    await ledger.putLoad('ms-a', load({ takenAt: clock.wall() - 400 }))
    t.equal(await bed.ended(), undefined)
    for (const call of ['c4', 'c5']) t.equal(await bed.reserve(call), 'chosen')
    t.equal(await bed.reserve('c6'), 'none', 'the load is not below nothing')
  })

  test('nothing is left of it when the server is described anew', async (t, bed) => {
    bed.clock.advance(1_000)
    await bed.ledger.end('c1')
    await bed.store.servers.remove('ms-a')
    await bed.store.servers.put(mediaServer('ms-a'))
    await bed.ledger.putLoad('ms-a', load({ waiting: 2, takenAt: bed.clock.wall() - 500 }))
    t.equal(await bed.ended(), undefined)
  })
}

t.test('redis: what one door ends is taken off for all of them', async t => {
  const clock = new ManualClock()
  const parts = { policy, clock, log, url: redis.url, fleet: 'shared', commandTimeoutMs: 20_000 }
  const [store, other] = [createRedisStore(parts), createRedisStore(parts)]
  await Promise.all([store.start(), other.start()])
  t.teardown(() => Promise.all([store.stop(), other.stop()]))
  const { ledger } = await fullServer(store, clock)
  clock.advance(1_000)
  await ledger.end('c1')
  t.match(await other.ledger.candidates(), [{ ended: 1 }])
  const order = { exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 }
  t.match(await other.ledger.reserve({ ...order, call: 'c3' }), {
    kind: 'chosen',
    decision: { looked: [{ ended: 1 }] },
  })
  t.equal((await other.ledger.reserve({ ...order, call: 'c4' })).kind, 'none')
})

async function fullServer(store: Store, clock: ManualClock): Promise<Bed> {
  const { ledger, servers } = store
  const reserve = async (call: string): Promise<string> =>
    (await ledger.reserve({ call, exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 })).kind
  await servers.put(mediaServer('ms-a', { capacity: 2 }))
  await ledger.putLoad('ms-a', load({ takenAt: clock.wall() }))
  for (const call of ['c1', 'c2']) {
    await reserve(call)
    await ledger.settle(call)
  }
  clock.advance(6_000)
  await ledger.putLoad('ms-a', load({ waiting: 2, takenAt: clock.wall() }))
  await ledger.release(['c1', 'c2'])
  return { store, ledger, clock, reserve, ended: async () => (await ledger.candidates())[0]?.ended }
}
