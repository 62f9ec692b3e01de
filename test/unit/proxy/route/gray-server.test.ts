import t, { type Test } from 'tap'
import { createHealthWatch } from '../../../../proxy/route/health-watch.ts'
import { createPlacement } from '../../../../proxy/route/placement.ts'
import type { Placement } from '../../../../proxy/ports.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { replay } from '../../../../selector/domain/decision.ts'
import { defaultHealthPolicy } from '../../../../selector/domain/health.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import { createRedisStore } from '../../../../selector/store/redis/store.ts'
import type { Store } from '../../../../selector/store/store.ts'
import { load, mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { startRedis } from '../../../support/redis.ts'
import { Chance } from '../../../sim/chance.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const log = silentLog
const ids = ['ms-0', 'ms-1', 'ms-2', 'ms-3', 'ms-4', 'ms-5', 'ms-6', 'ms-7']
const gray = 'ms-3'

/** A door: the placement and the watch that the door is made of. */
function door(store: Store, clock: ManualClock, name: string): Placement {
  const chance = new Chance(1, name)
  const health = createHealthWatch({
    ledger: store.ledger,
    clock,
    log,
    policy: defaultHealthPolicy,
    onLost: () => undefined,
  })
  const draw = (): number => chance.share()
  return createPlacement({
    store,
    health,
    door: name,
    clock,
    log,
    reservationTtlMs: 15_000,
    holdMs: 30_000,
    chance: draw,
  })
}

/** Five calls a second by turns; whatever comes to the gray server fails and goes to the next. Which calls suffered. */
async function calls(
  doors: readonly (readonly [Placement, Store])[],
  clock: ManualClock,
  count: number,
): Promise<readonly number[]> {
  const suffered: number[] = []
  const carried = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const [placement, store] = doors[i % doors.length] ?? []
    if (!placement || !store) throw new Error('there is no door')
    const order = { call: `c${i}`, agent: `a${i}`, exclude: [] as string[] }
    let placed = await placement.place(order)
    if (placed.kind === 'placed' && placed.server.id === gray) {
      suffered.push(i)
      placement.result(gray, 'failed')
      placed = await placement.place({ ...order, exclude: [gray] })
    }
    if (placed.kind !== 'placed') throw new Error('a call found no server')
    const { id } = placed.server
    placement.result(id, 'succeeded')
    carried.set(id, (carried.get(id) ?? 0) + 1)
    // It answers its Manager Interface: counters stay fresh, and say that it is empty.
    for (const server of i % 5 === 0 ? ids : [id]) {
      await store.ledger.putLoad(
        server,
        load({ waiting: carried.get(server) ?? 0, takenAt: clock.wall(), boot: 1 }),
      )
    }
    await store.ledger.release([order.call])
    clock.advance(200)
  }
  return suffered
}

async function fill(store: Store, clock: ManualClock): Promise<void> {
  for (const id of ids) {
    await store.servers.put(mediaServer(id, { capacity: 10_000 }))
    await store.ledger.putLoad(id, load({ takenAt: clock.wall(), boot: 1 }))
    await store.ledger.putHealth(id, 'up')
  }
}

async function judge(t: Test, suffered: readonly number[], count: number): Promise<void> {
  const first = suffered.filter(call => call < 150).length
  t.ok(first > 0 && first <= 10, `${first} calls suffered until it was found out`)
  const later = suffered.length - first
  t.ok(later < (count - 150) / 100, `${later} of the ${count - 150} calls after that`)
  t.ok(later > 0, 'it is tried again from time to time')
}

t.test('one door: a server that fails every call costs few of them', async t => {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy, clock, log })
  await store.start()
  await fill(store, clock)
  await judge(t, await calls([[door(store, clock, 'd'), store]], clock, 3_000), 3_000)
})

t.test(
  'three doors on one Redis: no more than that, and every decision leads to the same server again',
  async t => {
    const redis = await startRedis()
    const clock = new ManualClock()
    const stores = [1, 2, 3].map(() =>
      createRedisStore({ policy, clock, log, url: redis.url, fleet: 'f', commandTimeoutMs: 20_000 }),
    )
    t.teardown(async () => {
      for (const store of stores) await store.stop()
      await redis.stop()
    })
    for (const store of stores) await store.start()
    const [store] = stores
    if (!store) throw new Error('there is no store')
    await fill(store, clock)
    for (const each of stores) await each.servers.list()
    const doors = stores.map((each, index) => [door(each, clock, `d${index}`), each] as const)
    await judge(t, await calls(doors, clock, 1_000), 1_000)
    let decisions = 0
    let others = 0
    for (let i = 0; i < 1_000; i++) {
      for (const decision of await store.decisions.of(`c${i}`)) {
        decisions += 1
        const server = decision.choice.kind === 'chosen' ? decision.choice.server : ''
        if (replay(decision) !== server) others += 1
      }
    }
    t.ok(decisions >= 1_000, `${decisions} decisions were kept`)
    t.equal(others, 0)
  },
)
