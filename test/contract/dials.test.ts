import t, { type Test } from 'tap'
import type { Clock } from '../../runtime/clock.ts'
import { silentLog as log } from '../../runtime/log.ts'
import type { DialLimit } from '../../selector/domain/dial-policy.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { DialRequest, Store } from '../../selector/store/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const redis = await startRedis()
t.teardown(() => redis.stop())
let count = 0
const stores: readonly [name: string, make: (clock: Clock, fleet?: string) => Store][] = [
  ['memory', clock => createMemoryStore({ policy, clock, log })],
  [
    'redis',
    (clock, fleet = `dials-${++count}`) =>
      createRedisStore({ policy, clock, log, url: redis.url, fleet, commandTimeoutMs: 20_000 }),
  ],
]
const minuteMs = 60_000
const anna = (most: Omit<DialLimit, 'kind' | 'id'>): DialLimit => ({ kind: 'agent', id: 'anna', ...most })
const sales = (most: Omit<DialLimit, 'kind' | 'id'>): DialLimit => ({ kind: 'group', id: 'sales', ...most })

for (const [name, make] of stores) {
  /** One test with a store of its own, and orders to dial by it. */
  const test = (title: string, body: (t: Test, store: Store, clock: ManualClock) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async t => {
      const clock = new ManualClock()
      const store = make(clock)
      await store.start()
      try {
        await body(t, store, clock)
      } finally {
        await store.stop()
      }
    })
  }
  const wish = (
    clock: Clock,
    call: string,
    limits: readonly DialLimit[],
    { agent = 'anna', reference }: { readonly agent?: string; readonly reference?: string } = {},
  ): DialRequest => ({
    order: {
      call,
      agent,
      number: '+4930123456',
      server: 'ms-a',
      at: clock.wall(),
      ...(reference !== undefined && { reference }),
    },
    limits,
    holdMs: minuteMs,
    keepMs: 100 * minuteMs,
  })

  test('an order is known from its beginning on, and a reference means one call of one agent', async (t, {
    dials,
  }, clock) => {
    const first = wish(clock, 'c-1', [], { reference: 'ticket 7' })
    const dial = { ...first.order, news: { state: 'ordered', at: clock.wall() } }
    t.strictSame(await dials.begin(first), { kind: 'begun', dial })
    t.strictSame(await dials.begin(wish(clock, 'c-2', [], { reference: 'ticket 7' })), {
      kind: 'known',
      dial,
    })
    t.strictSame(await dials.get('c-1'), dial)
    t.equal(await dials.get('c-2'), undefined)
    t.match(await dials.begin(wish(clock, 'c-3', [], { reference: 'ticket 7', agent: 'bob' })), {
      kind: 'begun',
    })
    t.match(await dials.begin(wish(clock, 'c-4', [])), { kind: 'begun' })
    t.match(
      await dials.begin(wish(clock, 'c-5', [])),
      { kind: 'begun' },
      'without a reference each is another',
    )
  })

  test('a call goes forward only, and its end is told once', async (t, { dials }, clock) => {
    await dials.begin(wish(clock, 'c-1', [anna({ calls: 1 })]))
    const at = clock.wall()
    t.match(await dials.tell('c-1', { state: 'ringing', at }), { call: 'c-1', news: { state: 'ringing' } })
    t.equal(await dials.tell('c-1', { state: 'dialling', at }), undefined)
    const failed = { state: 'failed', at, cause: 17, status: 486 } as const
    t.match(await dials.tell('c-1', failed), { news: failed })
    t.equal(await dials.tell('c-1', { state: 'ended', at }), undefined)
    t.equal(await dials.tell('c-1', { ...failed, cause: 16 }), undefined)
    t.strictSame((await dials.get('c-1'))?.news, failed)
    t.equal(await dials.tell('unknown', { state: 'ringing', at }), undefined)
  })

  test('no more calls at once than a limit says, until one is over', async (t, { dials }, clock) => {
    const limit = anna({ calls: 1 })
    await dials.begin(wish(clock, 'c-1', [limit]))
    t.strictSame(await dials.begin(wish(clock, 'c-2', [limit])), { kind: 'refused', limit, most: 'calls' })
    await dials.tell('c-1', { state: 'answered', at: clock.wall() })
    t.match(await dials.begin(wish(clock, 'c-3', [limit])), { kind: 'refused' })
    await dials.tell('c-1', { state: 'ended', at: clock.wall() })
    t.match(await dials.begin(wish(clock, 'c-4', [limit])), { kind: 'begun' })
    clock.advance(minuteMs + 1)
    t.match(
      await dials.begin(wish(clock, 'c-5', [limit])),
      { kind: 'begun' },
      'the end of c-4 was never told',
    )
  })

  test('what is refused under one limit counts under none', async (t, { dials }, clock) => {
    const limits = [anna({ calls: 5 }), sales({ calls: 1 })]
    await dials.begin(wish(clock, 'c-1', limits))
    t.match(await dials.begin(wish(clock, 'c-2', limits)), {
      kind: 'refused',
      limit: { kind: 'group', id: 'sales' },
    })
    t.match(await dials.begin(wish(clock, 'c-3', [anna({ calls: 2 })])), { kind: 'begun' })
  })

  test('no more calls within an hour than a limit says, over or not', async (t, { dials }, clock) => {
    const limit = sales({ callsPerHour: 2 })
    for (const call of ['c-1', 'c-2']) {
      t.match(await dials.begin(wish(clock, call, [limit])), { kind: 'begun' })
      await dials.tell(call, { state: 'failed', at: clock.wall() })
      clock.advance(10 * minuteMs)
    }
    t.strictSame(await dials.begin(wish(clock, 'c-3', [limit])), {
      kind: 'refused',
      limit,
      most: 'callsPerHour',
      retryMs: 40 * minuteMs,
    })
    clock.advance(40 * minuteMs + 1)
    t.match(await dials.begin(wish(clock, 'c-4', [limit])), { kind: 'begun' })
  })

  test('orders that come together do not go over a limit together', async (t, { dials }, clock) => {
    const limit = anna({ calls: 3, callsPerHour: 100 })
    const orders = Array.from({ length: 20 }, (_, n) => dials.begin(wish(clock, `c-${n}`, [limit])))
    const begun = (await Promise.all(orders)).filter(({ kind }) => kind === 'begun')
    t.equal(begun.length, 3)
  })

  test('an order that dialled nothing leaves nothing behind', async (t, { dials }, clock) => {
    const limit = anna({ calls: 1, callsPerHour: 1 })
    await dials.begin(wish(clock, 'c-1', [limit], { reference: 'r' }))
    await dials.forget('c-1')
    t.equal(await dials.get('c-1'), undefined)
    t.match(await dials.begin(wish(clock, 'c-2', [limit], { reference: 'r' })), { kind: 'begun' })
    await dials.forget('unknown')
  })
}

t.test('a call that is up counts for all processes, as long as that of its door lives', async t => {
  const clock = new ManualClock()
  const make = stores[1]?.[1]
  const [door, other] = [make?.(clock, 'shared'), make?.(clock, 'shared')]
  if (!door || !other) throw new Error('there is no Redis store')
  await Promise.all([door.start(), other.start()])
  const limit = anna({ calls: 1 })
  const order = { call: 'c-1', agent: 'anna', number: '1', server: 'ms-a', at: clock.wall() }
  const again = async (call: string) =>
    (
      await other.dials.begin({
        order: { ...order, call },
        limits: [limit],
        holdMs: minuteMs,
        keepMs: minuteMs,
      })
    ).kind
  await other.dials.begin({ order, limits: [limit], holdMs: minuteMs, keepMs: 100 * minuteMs })
  await door.dials.tell('c-1', { state: 'answered', at: clock.wall() })
  for (let seconds = 0; seconds < 90; seconds += 10) {
    clock.advance(10_000)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  t.equal(await again('c-2'), 'refused')
  await door.stop()
  clock.advance(minuteMs + 1)
  t.equal(await again('c-3'), 'begun')
  await other.stop()
})
