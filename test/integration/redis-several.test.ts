import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { startRedis, startSentinel, type TestRedis } from '../support/redis.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const clock = systemClock

function storeAt(t: Test, url: string): Store {
  const parts = { policy, clock, log: silentLog, fleet: 'f', commandTimeoutMs: 5_000 }
  const store = createRedisStore({ ...parts, url })
  t.teardown(() => store.stop())
  return store
}

/** Everything a door does with the store, once. */
async function use(t: Test, store: Store, call: string): Promise<void> {
  await store.servers.put(mediaServer('ms-a'))
  await store.ledger.putLoad('ms-a', load({ takenAt: clock.wall() }))
  await store.ledger.putHealth('ms-a', 'up')
  const choice = await store.ledger.reserve({ call, exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 })
  t.equal(choice.kind, 'chosen')
  t.notOk(choice.decision.alone)
  t.equal(store.ledger.counts.alone, 0, 'Redis made the choice')
  await store.decisions.put(choice.decision)
  t.equal((await store.decisions.of(call)).length, 1)
  t.equal((await store.ledger.candidates())[0]?.reserved, 1)
  await store.ledger.release([call])
  t.equal((await store.ledger.candidates())[0]?.reserved, 0)
  t.ok(await store.pins.put({ agent: 'anna', server: 'ms-a', call, fence: 2 }))
  t.match(await store.pins.get('anna'), { server: 'ms-a' })
  t.ok(await store.leases.hold('collect', 'me', 60_000))
  t.equal((await store.agents.put({ id: call, name: '', ha1: { md5: 'm', sha256: 's' } }))?.version, 1)
}

t.test('a cluster: every script finds all of its keys on one node', async t => {
  const redis = await startRedis({ 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' })
  t.teardown(() => redis.stop())
  const raw = new Redis(redis.url)
  await raw.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  while (!(await raw.cluster('INFO')).includes('cluster_state:ok')) await sleep(50)
  raw.disconnect()
  const store = storeAt(t, `redis+cluster://127.0.0.1:${redis.port}`)
  await store.start()
  await use(t, store, 'c1')
  const changed = new Promise<void>(resolve => store.servers.onChange(resolve))
  const other = storeAt(t, `redis+cluster://127.0.0.1:${redis.port}`)
  await other.start()
  await other.servers.put(mediaServer('ms-b'))
  await changed
  t.equal((await store.servers.list()).length, 2, 'and what one process writes is told to the others')
})

t.test('sentinels: when the master dies, its replica takes over and the doors follow', async t => {
  const master = await startRedis()
  const replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` })
  const sentinel = await startSentinel(master.port)
  t.teardown(async () => {
    for (const server of [sentinel, replica, master]) await server.stop()
  })
  await knows(sentinel, replica)
  const store = storeAt(t, sentinel.url)
  await store.start()
  await use(t, store, 'c1')
  await replicated(replica)
  await master.kill()
  const order = { call: 'c2', exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 }
  t.equal((await store.ledger.reserve(order)).kind, 'chosen', 'meanwhile the door goes on by itself')
  await takenOver(store)
  t.match(await store.servers.get('ms-a'), { item: { id: 'ms-a' } })
  const before = store.ledger.counts.alone
  const later = { ...order, call: 'c3', at: clock.wall() }
  t.equal((await store.ledger.reserve(later)).kind, 'chosen')
  t.equal(store.ledger.counts.alone, before, 'the new master made that choice')
})

/** A sentinel learns of replicas from the master's INFO. */
async function knows(sentinel: TestRedis, replica: TestRedis): Promise<void> {
  const raw = new Redis(sentinel.port)
  while (!JSON.stringify(await raw.call('SENTINEL', 'REPLICAS', 'mymaster')).includes(`${replica.port}`)) {
    await sleep(100)
  }
  raw.disconnect()
}

async function replicated(replica: TestRedis): Promise<void> {
  const raw = new Redis(replica.port)
  while ((await raw.dbsize()) === 0) await sleep(50)
  raw.disconnect()
}

async function takenOver(store: Store): Promise<void> {
  for (;;) {
    const written = await store.servers.put(mediaServer('ms-a')).catch(() => undefined)
    if (written) return
    await sleep(100)
  }
}
