import t, { type Test } from 'tap'
import { systemClock as clock } from '../../runtime/clock.ts'
import { silentLog as log } from '../../runtime/log.ts'
import { replay } from '../../selector/domain/decision.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { startRedis } from '../support/redis.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const redis = await startRedis()
t.teardown(() => redis.stop())

let count = 0
const stores: readonly [name: string, make: () => Store][] = [
  ['memory', () => createMemoryStore({ policy, clock, log })],
  [
    'redis',
    () =>
      createRedisStore({
        policy,
        clock,
        log,
        url: redis.url,
        fleet: `f${++count}`,
        commandTimeoutMs: 20_000,
      }),
  ],
]

for (const [name, make] of stores) {
  const test = (title: string, body: (t: Test, store: Store) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async t => {
      const store = make()
      await store.start()
      try {
        await body(t, store)
      } finally {
        await store.stop()
      }
    })
  }

  test('each choice has a greater fence than the one before', async (t, store) => {
    await store.servers.put(mediaServer('ms-a'))
    await store.ledger.putLoad('ms-a', load())
    const fences: number[] = []
    for (const [call, at] of [
      ['c1', clock.wall()],
      ['c2', clock.wall()],
      ['c3', clock.wall() - 10_000],
    ] as const) {
      const choice = await store.ledger.reserve({ call, exclude: [], chance: 0, at, ttlMs: 60_000 })
      fences.push(choice.kind === 'chosen' ? choice.fence : 0)
    }
    const [a = 0, b = 0, c = 0] = fences
    t.ok(0 < a && a < b && b < c, `${fences.join(' ')}, also of a door whose clock is late`)
  })

  test('no more than half of the fleet is ejected', async (t, store) => {
    const ids = ['ms-a', 'ms-b', 'ms-c', 'ms-d']
    for (const id of ids) await store.servers.put(mediaServer(id))
    for (const id of ids) await store.ledger.putLoad(id, load())
    const until = clock.wall() + 60_000
    const taken: boolean[] = []
    for (const id of ids)
      taken.push(await store.ledger.putHealth(id, { health: 'ejected', until, ejections: 1 }))
    t.strictSame(taken, [true, true, false, false])
    await store.ledger.putHealth('ms-a', 'up')
    t.equal(await store.ledger.putHealth('ms-c', { health: 'ejected', until, ejections: 1 }), true)
  })

  test('decisions are kept call by call, and lead to the same choice again', async (t, store) => {
    await store.servers.put(mediaServer('ms-a'))
    await store.ledger.putLoad('ms-a', load())
    const order = { call: 'c1', exclude: [], chance: 0.5, at: clock.wall(), ttlMs: 60_000 }
    const first = await store.ledger.reserve(order)
    const second = await store.ledger.reserve({ ...order, exclude: ['ms-a'] })
    for (const { decision } of [first, second]) await store.decisions.put({ ...decision, agent: 'anna' })
    const found = await store.decisions.of('c1')
    t.strictSame(found.map(replay), ['ms-a', 'none-eligible'])
    t.match(found, [{ agent: 'anna' }, { agent: 'anna' }])
    t.notMatch(JSON.stringify(found), /ami-secret|127\.0/, 'no address and no secret is in a record')
    t.strictSame(await store.decisions.of('c2'), [])
  })
}
