import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Order, OrderOutcome, Session, Store } from '../../selector/store/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const redis = await startRedis()
t.teardown(() => redis.stop())
const shared = { policy: { utilisation: 'expected', rho: 0.7 }, log: silentLog } as const

/** What makes processes of one fleet, which share all that their kind of store can share. */
type Fleet = () => (clock?: Clock) => Store

const fleets: readonly (readonly [name: string, fleet: Fleet])[] = [
  [
    'memory',
    () => {
      const store = createMemoryStore({ ...shared, clock: systemClock })
      return () => store
    },
  ],
  [
    'redis',
    () => {
      const fleet = `orders-${Math.random().toString(36).slice(2)}`
      return (clock = systemClock) =>
        createRedisStore({ ...shared, clock, url: redis.url, fleet, commandTimeoutMs: 20_000 })
    },
  ],
]

/** A call that the doors are asked for is one that they show. */
const shown: Session = { id: 'c1', kind: 'client', agent: '1001', state: 'up', since: 5, door: 'd1' }
const move: Order = { kind: 'move', agent: '1001', server: 'ms-2' }
const done: OrderOutcome = { kind: 'done', calls: ['c1', 'c2'], server: 'ms-2' }

/** One of the doors hears these orders as they were given, and what it answers comes back. */
async function areCarriedOut(
  t: Test,
  api: Store,
  doors: readonly Store[],
  orders: readonly Order[],
): Promise<void> {
  const heard: Order[] = []
  doors[0]?.orders.take(async order => {
    heard.push(order)
    return done
  })
  for (const order of orders) t.strictSame(await api.orders.give(order), done)
  t.strictSame(heard, orders)
}

for (const [name, fleet] of fleets) {
  /** One API process and two doors. */
  const test = (
    title: string,
    body: (t: Test, api: Store, doors: readonly Store[]) => Promise<void>,
  ): void => {
    t.test(`${name}: ${title}`, async t => {
      const make = fleet()
      const [api, ...doors] = [make(), make(), make()] as const
      const all = new Set([api, ...doors])
      for (const store of all) await store.start()
      await api.sessions.put(shown)
      t.teardown(async () => {
        for (const store of all) await store.stop()
      })
      await body(t, api, doors)
    })
  }

  test('an order comes to every door, and the one that has the call answers', async (t, api, doors) => {
    const heard: Order[] = []
    for (const [index, door] of doors.entries()) {
      door.orders.take(async order => {
        heard.push(order)
        return index === 1 ? done : undefined
      })
    }
    t.strictSame(await api.orders.give(move), done)
    t.strictSame(heard, [move, move])
  })

  test('what one door says is heard by the others, in order, and not by itself', async (t, api, doors) => {
    const heard: string[] = []
    const [one, other] = [api, ...doors].map((store, index) =>
      store.doors.join(`d${index}`, message =>
        heard.push(`${index} ${message.kind} ${JSON.stringify(message)}`),
      ),
    )
    for (const news of ['silent', 'died'] as const) one?.say({ kind: 'server', server: 'ms-1', news })
    while (heard.length < 4) await new Promise(resolve => setTimeout(resolve, 5))
    t.equal(heard.filter(line => line.startsWith('0')).length, 0)
    t.match(
      heard.filter(line => line.startsWith('1')),
      [/silent/, /died/],
    )
    t.equal(one?.isAlone, false)
    t.strictSame((await api.doors.living()).toSorted(), ['d0', 'd1', 'd2'])
    other?.leave()
    while ((await api.doors.living()).includes('d1')) await new Promise(resolve => setTimeout(resolve, 5))
    one?.say({ kind: 'server', server: 'ms-1', news: 'live' })
    while (heard.length < 5) await new Promise(resolve => setTimeout(resolve, 5))
    t.match(heard.at(-1), /^2 .*live/, 'who has left hears nothing more')
  })

  test('a client is handed over as it was ordered', async (t, api, doors) => {
    const handOver: Order = { kind: 'hand-over', call: 'c1', from: '1001', to: '1002', joins: false }
    doors[0]?.orders.take(async order => ({
      kind: 'done',
      calls: [order.kind === 'hand-over' ? order.to : ''],
    }))
    t.strictSame(await api.orders.give(handOver), { kind: 'done', calls: ['1002'] })
  })

  test('a client is connected to a number as it was ordered, and how that ended is told', async (t, api, doors) => {
    const orders: readonly Order[] = [
      { kind: 'hand-out', call: 'c1', from: '1001', number: '+4930123', wish: 'w1' },
      { kind: 'handed-out', wish: 'w1', status: 486 },
    ]
    await areCarriedOut(t, api, doors, orders)
  })

  test('a talk is asked for as it was named, and left', async (t, api, doors) => {
    const orders: readonly Order[] = [
      { kind: 'consulted', call: 'c1', by: '1001', callId: 'a@b', tags: ['x', 'y'] },
      { kind: 'replaced', call: 'c1', by: '1001' },
    ]
    await areCarriedOut(t, api, doors, orders)
  })

  test('a leg that is to give way is found at its door', async (t, api, doors) => {
    await areCarriedOut(t, api, doors, [{ kind: 'give-way', call: 'c1', flow: 'f1' }])
  })

  test('a refusal is told with its reason', async (t, api, doors) => {
    doors[0]?.orders.take(async () => ({ kind: 'refused', reason: 'busy' }))
    t.strictSame(await api.orders.give({ kind: 'hang-up', call: 'c1' }), { kind: 'refused', reason: 'busy' })
  })

  test('a door that takes no orders any more gets none', async (t, api, doors) => {
    const heard: Order[] = []
    const end = doors[0]?.orders.take(async order => {
      heard.push(order)
      return undefined
    })
    doors[1]?.orders.take(async () => done)
    end?.()
    t.strictSame(await api.orders.give(move), done)
    t.strictSame(heard, [])
  })
}

t.test('redis: an order for a call that no door has is given up after a while', async t => {
  const clock = new ManualClock()
  const make = fleets[1]?.[1]()
  const store = make?.(clock)
  if (!store) throw new Error('there is no Redis store')
  await store.start()
  t.teardown(() => store.stop())
  store.orders.take(async () => undefined)
  const outcome = store.orders.give(move)
  clock.advance(10_000)
  t.equal(await outcome, undefined)
})

t.test('redis: an order for a call that no door shows is answered at once, and comes to none', async t => {
  const make = fleets[1]?.[1]()
  const [api, door] = [make?.(), make?.()]
  if (!api || !door) throw new Error('there is no Redis store')
  for (const store of [api, door]) await store.start()
  t.teardown(async () => {
    for (const store of [api, door]) await store.stop()
  })
  const heard: Order[] = []
  door.orders.take(async order => {
    heard.push(order)
    return done
  })
  const order: Order = { kind: 'hang-up', call: 'c1' }
  t.equal(await api.orders.give(order), undefined)
  await door.sessions.put(shown)
  t.strictSame(await api.orders.give(order), done)
  t.strictSame(heard, [order])
  await door.sessions.remove('c1')
  t.equal(await api.orders.give(order), undefined)
})

t.test('memory: an order for a call that no door has is answered at once', async t => {
  const store = createMemoryStore({ ...shared, clock: systemClock })
  store.orders.take(async () => undefined)
  t.equal(await store.orders.give(move), undefined)
})
