import * as fc from 'fast-check'
import { once, EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { replay } from '../../selector/domain/decision.ts'
import { look } from '../../selector/domain/look.ts'
import type { Policy } from '../../selector/domain/standing.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Binding, Session, Store } from '../../selector/store/store.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { fill, fleets, policies } from '../support/random-fleets.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const policy: Policy = { utilisation: 'expected', rho: 0.7 }
const clock = systemClock
const log = silentLog
const redis = await startRedis()
const directory = await mkdtemp(join(tmpdir(), 'portico-store-'))
t.teardown(async () => {
  await redis.stop()
  await rm(directory, { recursive: true, force: true })
})

let count = 0
const unique = (): string => `fleet-${++count}`
const stores: readonly [name: string, make: (policy: Policy, clock?: Clock) => Store][] = [
  [
    'memory',
    (policy, clock = systemClock) =>
      createMemoryStore({ policy, clock, log, dataDir: join(directory, unique()) }),
  ],
  // The machine may be busy with other tests; how fast Redis answers is not what is tested here.
  [
    'redis',
    (policy, clock = systemClock) =>
      createRedisStore({ policy, clock, log, url: redis.url, fleet: unique(), commandTimeoutMs: 20_000 }),
  ],
]

for (const [name, make] of stores) {
  /** One test with a store of its own, that is empty. */
  const test = (title: string, body: (t: Test, store: Store) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async t => {
      const store = make(policy)
      await store.start()
      try {
        await body(t, store)
      } finally {
        await store.stop()
      }
    })
  }

  test('what was put is got, listed by id and counted by version', async (t, store) => {
    const [a, b] = [mediaServer('ms-a'), mediaServer('ms-b')]
    t.strictSame(await store.servers.put(b), { item: b, version: 1 })
    t.strictSame(await store.servers.put(a), { item: a, version: 1 })
    const drained: MediaServer = { ...a, wanted: 'draining' }
    t.strictSame(await store.servers.put(drained), { item: drained, version: 2 })
    t.strictSame(await store.servers.get('ms-a'), { item: drained, version: 2 })
    t.strictSame(await store.servers.list(), [
      { item: drained, version: 2 },
      { item: b, version: 1 },
    ])
    t.equal(await store.servers.get('ms-c'), undefined)
  })

  test('a write over another version than expected is not done', async (t, store) => {
    const agent = { id: 'anna', name: 'Anna', ha1: { md5: 'a', sha256: 'b' } }
    t.equal(await store.agents.put(agent, 1), undefined)
    t.equal((await store.agents.put(agent, 0))?.version, 1)
    t.equal(await store.agents.put({ ...agent, name: 'Eve' }, 0), undefined)
    t.equal((await store.agents.put({ ...agent, name: 'Ann' }, 1))?.version, 2)
    t.equal((await store.agents.get('anna'))?.item.name, 'Ann')
  })

  test('of many writers that expect the same version one wins', async (t, store) => {
    const trunk: Trunk = { id: 'acision', addresses: ['192.0.2.1'], enabled: true }
    const writes = Array.from({ length: 20 }, (_, i) =>
      store.trunks.put({ ...trunk, addresses: [`192.0.2.${i}`] }, 0),
    )
    const won = (await Promise.all(writes)).filter(written => written !== undefined)
    t.equal(won.length, 1)
    t.strictSame(await store.trunks.get('acision'), won[0])
  })

  test('removing tells whether there was something', async (t, store) => {
    await store.servers.put(mediaServer('ms-a'))
    t.equal(await store.servers.remove('ms-a'), true)
    t.equal(await store.servers.remove('ms-a'), false)
    t.strictSame(await store.servers.list(), [])
  })

  test('each write is told to listeners until they have enough', async (t, store) => {
    const told = new EventEmitter()
    let times = 0
    const end = store.servers.onChange(() => told.emit('change', ++times))
    const first = once(told, 'change')
    await store.servers.put(mediaServer('ms-a'))
    await first
    const second = once(told, 'change')
    await store.servers.remove('ms-a')
    await second
    end()
    await store.servers.put(mediaServer('ms-a'))
    t.equal(times, 2)
  })

  test('load and health of a server come back with it and go with it', async (t, store) => {
    const server = mediaServer('ms-a')
    await store.servers.put(server)
    t.strictSame(await store.ledger.candidates(), [{ server, reserved: 0, health: 'unknown' }])
    await store.ledger.putHealth('ms-a', 'up')
    t.strictSame(
      await store.ledger.candidates(),
      [{ server, reserved: 0, health: 'up' }],
      'health alone is no load',
    )
    const taken = load({ waiting: 3, inCall: 2, clients: 2, channels: 7 })
    await store.ledger.putLoad('ms-a', taken)
    t.strictSame(await store.ledger.candidates(), [{ server, load: taken, reserved: 0, health: 'up' }])
    await store.servers.remove('ms-a')
    await store.servers.put(server)
    t.strictSame(await store.ledger.candidates(), [{ server, reserved: 0, health: 'unknown' }])
  })

  test('a word with an older fence is dropped', async (t, store) => {
    await store.servers.put(mediaServer('ms-a'))
    await store.ledger.putLoad('ms-a', load({ waiting: 1 }), 2)
    await store.ledger.putLoad('ms-a', load({ waiting: 9 }), 1)
    t.equal((await store.ledger.candidates())[0]?.load?.waiting, 1)
    t.match(await store.ledger.candidates('ms-a'), [{ server: { id: 'ms-a' }, load: { waiting: 1 } }])
    t.strictSame(await store.ledger.candidates('nobody'), [])
    await store.ledger.putLoad('ms-a', load({ waiting: 2 }), 2)
    t.equal((await store.ledger.candidates())[0]?.load?.waiting, 2)
  })

  test('a reservation counts until it is released or runs out', async (t, store) => {
    const at = clock.wall()
    await store.servers.put(mediaServer('ms-a', { capacity: 2 }))
    await store.ledger.putLoad('ms-a', load())
    const reserve = async (call: string, later = 0): Promise<string> =>
      (await store.ledger.reserve({ call, exclude: [], chance: 0, at: at + later, ttlMs: 5_000 })).kind
    t.equal(await reserve('c1'), 'chosen')
    t.equal(await reserve('c1'), 'chosen', 'the same call keeps one place')
    t.equal(await reserve('c2'), 'chosen')
    t.equal((await store.ledger.candidates())[0]?.reserved, 2)
    t.equal(await reserve('c3'), 'none')
    await store.ledger.release(['c1', 'unknown'])
    t.equal(await reserve('c3'), 'chosen')
    t.equal(await reserve('c4'), 'none')
    t.equal(await reserve('c4', 5_001), 'chosen', 'the others ran out')
  })

  test('a server with all the client legs it may hold gets no new agents, and keeps those it has', async (t, store) => {
    for (const id of ['ms-a', 'ms-b']) await store.servers.put(mediaServer(id, { maxCalls: 2 }))
    const [at, clients] = [clock.wall(), 2]
    await store.ledger.putLoad('ms-a', load({ inCall: 1, clients }))
    await store.ledger.putLoad('ms-b', load({ inCall: 9, clients: 1 }))
    const reserve = async (call: string) =>
      await store.ledger.reserve({ call, exclude: [], chance: 0, at, ttlMs: 60_000 })
    t.match(await reserve('c1'), { kind: 'chosen', server: { id: 'ms-b' } }, 'however loaded the other is')
    await store.ledger.putLoad('ms-b', load({ inCall: 9, clients }))
    t.match(await reserve('c2'), { kind: 'none', reason: 'all-full' })
    await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'a-1' })
    await store.queues.join({ agent: 'ben', server: 'ms-a', call: 'b-1', lines: ['sales'] }, at)
    t.match(await store.pins.get('anna'), { server: 'ms-a' }, 'a client still finds its agent there')
    t.match(await store.queues.take({ client: 'x', lines: ['sales'], at, ttlMs: 60_000 }), { agent: 'ben' })
    await store.ledger.putLoad('ms-b', load({ inCall: 9, clients: 1 }))
    t.match(await reserve('c3'), { kind: 'chosen', server: { id: 'ms-b' } })
  })

  test('500 placements at once spread evenly over 8 servers', async (t, store) => {
    const ids = Array.from({ length: 8 }, (_, i) => `ms-${i}`)
    for (const id of ids) await store.servers.put(mediaServer(id, { capacity: 100 }))
    for (const id of ids) await store.ledger.putLoad(id, load())
    const at = clock.wall()
    const choices = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        store.ledger.reserve({ call: `call-${i}`, exclude: [], chance: (i * 0.618) % 1, at, ttlMs: 60_000 }),
      ),
    )
    const chosen = choices.map(choice => (choice.kind === 'chosen' ? choice.server.id : 'none'))
    const shares = ids.map(id => chosen.filter(other => other === id).length)
    t.equal(
      shares.reduce((sum, share) => sum + share, 0),
      500,
    )
    t.ok(Math.max(...shares) - Math.min(...shares) <= 1, `shares ${shares.join(' ')}`)
  })

  t.test(`${name}: reserves what choose() chooses, on any fleet`, async t => {
    await fc.assert(
      fc.asyncProperty(
        fleets,
        policies,
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        async (fleet, policy, chance) => {
          const time = new ManualClock()
          const store = make(policy, time)
          await store.start()
          try {
            const at = time.wall()
            await fill(store, fleet, at)
            const exclude = fleet.filter(({ tried }) => tried).map(({ server }) => server.id)
            const candidates = await store.ledger.candidates()
            const expected = look(candidates, 'new', { policy, exclude, chance, at })
            const choice = await store.ledger.reserve({ call: 'new', exclude, chance, at, ttlMs: 60_000 })
            // Measured with other numbers: a memory store also knows what it placed.
            const [a, b] = [expected, choice].map(({ decision: { looked, ...rest } }) => ({
              ...rest,
              looked: looked.map(({ server: { id }, share, place }) => ({ id, share, place })),
            }))
            const again = choice.kind === 'chosen' ? choice.server.id : choice.reason
            return isDeepStrictEqual(a, b) && replay(choice.decision) === again
          } finally {
            await store.stop()
          }
        },
      ),
      { numRuns: name === 'redis' ? 200 : 50 },
    )
    t.pass('every choice was the same')
  })

  test('the pin of an agent that was lost is kept until its time is over', async (t, store) => {
    const pin = { agent: 'anna', server: 'ms-a', call: 'c1', fence: 3 }
    const future = { ...pin, heldUntil: 9_000_000_000_000 }
    await store.pins.put(pin)
    await store.pins.put(future)
    t.strictSame(await store.pins.get('anna'), future)
    await store.pins.put({ ...pin, heldUntil: 1 })
    t.equal(await store.pins.get('anna'), undefined)
    t.ok(await store.pins.put({ ...pin, call: 'c2' }), 'the next leg has the same choice behind it')
    t.match(await store.pins.get('anna'), { call: 'c2' })
  })

  test('whoever asks for a pin after it was put gets it, at once', async (t, store) => {
    const pin = { agent: 'anna', server: 'ms-a', call: 'c1', fence: 3 }
    const put = store.pins.put(pin)
    t.strictSame(await store.pins.get('anna'), pin)
    await put
  })

  test('an agent has one pin, the newest, and only its own call removes it', async (t, store) => {
    await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'c1' })
    await store.pins.put({ agent: 'anna', server: 'ms-b', call: 'c2' })
    await store.pins.remove('anna', 'c1')
    t.strictSame(await store.pins.get('anna'), { agent: 'anna', server: 'ms-b', call: 'c2' })
    await store.pins.remove('anna', 'c2')
    t.equal(await store.pins.get('anna'), undefined)
  })

  test('registrations are kept contact by contact until they expire', async (t, store) => {
    const soon = clock.wall() + 60_000
    const one: Binding = {
      agent: 'anna',
      contact: 'sip:x@y;z={}*',
      flow: 'f1',
      door: 'd1',
      callId: 'a@b',
      cseq: 7,
      expiresAt: soon,
    }
    const two = { ...one, contact: 'sip:b@c', flow: 'f2', instance: 'urn:uuid:1', regId: 1 }
    const over = { ...one, contact: 'sip:old@c', expiresAt: clock.wall() - 1 }
    for (const binding of [over, one, two, { ...one, flow: 'f3' }]) await store.bindings.put(binding)
    const found = (await store.bindings.of('anna')).toSorted((a, b) => a.contact.localeCompare(b.contact))
    t.strictSame(found, [two, { ...one, flow: 'f3' }])
    await store.bindings.remove('anna', two.contact)
    t.equal((await store.bindings.of('anna')).length, 1)
    t.strictSame(await store.bindings.of('ann'), [])
  })

  test('sessions are listed until they are removed', async (t, store) => {
    const one: Session = { id: 's1', kind: 'agent', agent: 'anna', state: 'up', since: 5, door: 'd1' }
    const two: Session = { ...one, id: 's2', kind: 'client', trunk: 'acision', server: 'ms-a', door: 'd2' }
    await store.sessions.put(one)
    await store.sessions.put({ ...two, state: 'ringing' })
    await store.sessions.put(two)
    t.strictSame(
      (await store.sessions.list()).toSorted((a, b) => a.id.localeCompare(b.id)),
      [one, two],
    )
    await store.sessions.remove('s1')
    await store.sessions.remove('s1')
    t.strictSame(await store.sessions.list(), [two])
  })

  test('sessions that a door begins with at once are all listed', async (t, store) => {
    const legs = ['anna', 'bob', 'carl'].map(agent => ({ id: `leg-${agent}`, agent }))
    const sessions = legs.map((leg): Session => ({
      ...leg,
      kind: 'agent',
      state: 'up',
      since: 5,
      door: 'd9',
    }))
    await Promise.all(sessions.map(session => store.sessions.put(session)))
    const listed = await store.sessions.list()
    t.strictSame(
      listed.toSorted((a, b) => a.id.localeCompare(b.id)),
      sessions,
    )
  })

  test('a short-lived credential is found until it expires', async (t, store) => {
    const credential = {
      user: 'anna~1',
      agent: 'anna',
      ha1: { md5: 'a', sha256: 'b' },
      basis: 'f',
      expiresAt: clock.wall() + 60_000,
    }
    await store.credentials.put(credential)
    await store.credentials.put({ ...credential, user: 'anna~0', expiresAt: clock.wall() - 1 })
    t.strictSame(await store.credentials.get('anna~1'), credential)
    t.equal(await store.credentials.get('anna~0'), undefined)
  })

  test('records of calls are kept, the newest first', async (t, store) => {
    t.strictSame(await store.records.last(2), [])
    const records = ['c1', 'c2', 'c3'].map(id => ({ id, verdict: 'refused', media: { a: { packets: 1 } } }))
    for (const record of records) await store.records.put(record)
    t.strictSame(await store.records.last(2), [records[2], records[1]])
  })

  test('a lease has one holder, and its fence grows with each new one', async (t, store) => {
    const first = (await store.leases.hold('collect', 'd1', 60_000)) ?? 0
    t.ok(first > 0)
    t.equal(await store.leases.hold('collect', 'd2', 60_000), undefined)
    t.equal(await store.leases.hold('collect', 'd1', 60_000), first)
    await store.leases.drop('collect', 'd2')
    t.equal(await store.leases.hold('collect', 'd2', 60_000), undefined)
    await store.leases.drop('collect', 'd1')
    t.ok(Number(await store.leases.hold('collect', 'd2', 60_000)) > first)
  })
}
