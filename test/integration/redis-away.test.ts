import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

t.setTimeout(120_000)
const clock = systemClock
const ids = ['ms-a', 'ms-b', 'ms-c', 'ms-d']
const policy = { utilisation: 'expected', rho: 0.7 } as const

interface Door {
  readonly store: Store
  readonly calls: string[]
}

/** What the four Asterisks would tell: how many agents each carries. */
type Truth = Map<string, number>

async function twoDoors(redis: TestRedis): Promise<readonly Door[]> {
  const doors: Door[] = []
  for (let i = 0; i < 2; i++) {
    const store = createRedisStore({ url: redis.url, fleet: 'f', policy, clock, log: silentLog })
    await store.start()
    doors.push({ store, calls: [] })
  }
  for (const id of ids) await doors[0]?.store.servers.put(mediaServer(id, { capacity: 1_000 }))
  return doors
}

/** Each door collects from half of the servers and tells what they carry, as the collectors do every two seconds. */
async function collect(doors: readonly Door[], truth: Truth): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const word = load({ waiting: truth.get(id) ?? 0, takenAt: clock.wall(), boot: 1 })
    await doors[index % 2]?.store.ledger.putLoad(id, word, 1)
  }
}

let placed = 0

/** Five calls a second for that long, by turns over the doors; each joins a moment later. */
async function place(doors: readonly Door[], truth: Truth, seconds: number): Promise<number> {
  let slowest = 0
  for (let i = 0; i < seconds * 5; i++) {
    const door = doors[i % 2]
    const call = `call-${++placed}`
    const begun = performance.now()
    const choice = await door?.store.ledger.reserve({
      call,
      exclude: [],
      chance: (i * 0.618) % 1,
      at: clock.wall(),
      ttlMs: 15_000,
    })
    slowest = Math.max(slowest, performance.now() - begun)
    if (choice?.kind !== 'chosen') throw new Error(`call ${call} was not placed`)
    await door?.store.ledger.settle(call)
    door?.calls.push(call)
    const { id } = choice.server
    truth.set(id, (truth.get(id) ?? 0) + 1)
    const collector = doors[ids.indexOf(id) % 2]
    await collect(doors, truth)
    await collector?.store.ledger.release([call])
    await sleep(200)
  }
  return slowest
}

/** What the shared ledger says beyond what the servers carry; nothing is reserved once all have joined. */
async function excess(door: Door, truth: Truth): Promise<number> {
  const candidates = await door.store.ledger.candidates()
  return candidates.reduce(
    (sum, { server, load: told, reserved }) =>
      sum + Math.abs((told?.waiting ?? 0) + reserved - (truth.get(server.id) ?? 0)),
    0,
  )
}

const outages: readonly (readonly [
  name: string,
  begin: (redis: TestRedis) => Promise<void>,
  end: (redis: TestRedis) => Promise<void>,
])[] = [
  [
    'stops answering',
    async redis => void process.kill(redis.pid, 'SIGSTOP'),
    async redis => void process.kill(redis.pid, 'SIGCONT'),
  ],
  ['is killed and comes back empty', async redis => await redis.kill(), async redis => await redis.restart()],
]

for (const [name, begin, end] of outages) {
  t.test(
    `when Redis ${name}, every call is placed, evenly, and the counters are right within ten seconds`,
    async t => {
      const redis = await startRedis()
      const doors = await twoDoors(redis)
      const truth: Truth = new Map()
      t.teardown(async () => {
        for (const { store } of doors) await store.stop()
        await redis.stop()
      })
      await collect(doors, truth)
      await place(doors, truth, 2)
      await begin(redis)
      const slowest = await place(doors, truth, 8)
      t.ok(slowest < 1_500, `no placement waited long for it: ${Math.round(slowest)} ms`)
      await end(redis)
      if (name.includes('empty')) for (const id of ids) await written(doors[0], id)
      const back = performance.now()
      let wrong = Number.NaN
      while (performance.now() - back < 10_000) {
        await collect(doors, truth)
        wrong = await excess(doors[0] ?? fail(), truth)
        if (wrong === 0 && performance.now() - back > 7_000) break
        await sleep(200)
      }
      t.equal(wrong, 0, 'nothing counts twice or not at all')
      const counts = [...truth.values()]
      t.ok(Math.max(...counts) - Math.min(...counts) <= 4, `placed ${counts.join(' ')}`)
    },
  )
}

/** An operator's Redis keeps its data; the test's does not. */
async function written(door: Door | undefined, id: string): Promise<void> {
  for (;;) {
    const done = await door?.store.servers.put(mediaServer(id, { capacity: 1_000 })).catch(() => undefined)
    if (done) return
    await sleep(50)
  }
}

function fail(): never {
  throw new Error('there is no door')
}
