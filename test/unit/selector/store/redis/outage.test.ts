import { EventEmitter, once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { systemClock } from '../../../../../runtime/clock.ts'
import { silentLog } from '../../../../../runtime/log.ts'
import { keysOf } from '../../../../../selector/store/keys.ts'
import { createRedisStore } from '../../../../../selector/store/redis/store.ts'
import type { Store } from '../../../../../selector/store/store.ts'
import { load, mediaServer } from '../../../../support/fleet.ts'
import { policy, redisWorld } from '../../../../support/redis-world.ts'
import { startRedis } from '../../../../support/redis.ts'

const clock = systemClock

interface SlowRelay {
  readonly port: number
  /** Resolves when something was held back, and passed on at last. */
  readonly delayed: Promise<void>
  cut(): void
  close(): void
}

/** A wire to Redis on which what `isHeld` comes half a second late. */
async function slowRelay(to: number, isHeld: (bytes: string) => boolean): Promise<SlowRelay> {
  const open = new Set<Socket>()
  const told = new EventEmitter()
  const server = createServer(near => {
    const far = connect(to, '127.0.0.1')
    open.add(near)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('error', () => near.destroy()).pipe(near)
    near.on('data', bytes => {
      if (!isHeld(String(bytes))) return void far.write(bytes)
      setTimeout(() => {
        far.write(bytes)
        told.emit('delayed')
      }, 500)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    delayed: once(told, 'delayed').then(() => undefined),
    cut: () => open.forEach(socket => socket.destroy()),
    close: () => void server.close(),
  }
}

async function fill(store: Store): Promise<void> {
  for (const id of ['ms-a', 'ms-b']) {
    await store.servers.put(mediaServer(id, { capacity: 2 }))
    await store.ledger.putLoad(id, load())
  }
}

const order = (call: string) => ({ call, exclude: [], chance: 0, at: clock.wall(), ttlMs: 60_000 })

t.test('while Redis is away everything is read from the last view and placements go on', async t => {
  const { redis, store, logged } = await redisWorld(t)
  await fill(store)
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'c1' })
  await store.sessions.put({ id: 's1', kind: 'agent', agent: 'anna', state: 'up', since: 1, door: 'd1' })
  const expiresAt = clock.wall() + 60_000
  const binding = { agent: 'anna', contact: 'sip:a', flow: 'f', door: 'd1', callId: 'r', cseq: 1, expiresAt }
  await store.bindings.put(binding)
  await store.ledger.reserve(order('before'))
  await redis.kill()
  await logged('redis.lost')
  t.equal((await store.servers.get('ms-a'))?.version, 1)
  t.equal((await store.servers.list()).length, 2)
  t.match(await store.pins.get('anna'), { server: 'ms-a' })
  t.strictSame(await store.bindings.of('anna'), [binding])
  t.equal((await store.sessions.list()).length, 1)
  const kinds: string[] = []
  for (const call of ['c1', 'c2', 'c3', 'c4']) {
    const choice = await store.ledger.reserve(order(call))
    kinds.push(choice.kind === 'chosen' ? choice.server.id : choice.reason)
  }
  t.strictSame(
    kinds,
    ['ms-b', 'ms-a', 'ms-b', 'all-full'],
    'own reservations count, also the one made before',
  )
  await store.ledger.release(['c1'])
  await store.ledger.putLoad('ms-b', load({ reconciled: false }))
  t.strictSame(
    (await store.ledger.candidates()).map(({ load, reserved }) => [load?.reconciled, reserved]),
    [
      [true, 2],
      [false, 1],
    ],
  )
})

t.test('while Redis is away configuration cannot be written, and says so', async t => {
  const { redis, store, logged } = await redisWorld(t)
  await redis.kill()
  await logged('redis.lost')
  const refused = { code: 'E_STORE_READ_ONLY', message: /127\.0\.0\.1.*until Redis is back/ }
  await t.rejects(store.servers.put(mediaServer('ms-a')), refused)
  await t.rejects(store.servers.remove('ms-a'), refused)
  await t.rejects(store.leases.hold('x', 'me', 1_000), { code: 'E_REDIS_UNREACHABLE' })
})

t.test('a Redis that comes back empty gets back what this process owns', async t => {
  const { redis, raw, store, logged } = await redisWorld(t)
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'c1' })
  await store.sessions.put({ id: 's1', kind: 'agent', agent: 'anna', state: 'up', since: 1, door: 'd1' })
  await store.bindings.put({
    agent: 'anna',
    contact: 'sip:a',
    flow: 'f',
    door: 'd1',
    callId: 'r',
    cseq: 1,
    expiresAt: clock.wall() + 60_000,
  })
  const ha1 = { md5: 'm', sha256: 's' }
  await store.credentials.put({
    user: 'anna~1',
    agent: 'anna',
    ha1,
    basis: 'b',
    expiresAt: clock.wall() + 60_000,
  })
  await redis.restart()
  await logged('redis.returned')
  const keys = keysOf('f')
  const expected = [keys.pin('anna'), keys.sessions('d1'), keys.binding('anna'), keys.credential('anna~1')]
  while ((await raw.exists(...expected)) < expected.length)
    await new Promise(resolve => setImmediate(resolve))
  for (const key of expected) t.ok((await raw.pttl(key)) > 1_000, `${key} expires`)
  t.equal((await store.servers.put(mediaServer('ms-a')))?.version, 1)
})

t.test('a subscription that is taken up again late ends no door, and is heard by', async t => {
  const { redis, store } = await redisWorld(t)
  let isSlow = false
  const slow = await slowRelay(redis.port, bytes => isSlow && bytes.includes('subscribe'))
  t.teardown(() => slow.close())
  const url = `redis://127.0.0.1:${slow.port}`
  const far = createRedisStore({ url, fleet: 'f', policy, clock, log: silentLog, commandTimeoutMs: 100 })
  await far.start()
  t.teardown(() => far.stop())
  isSlow = true
  slow.cut()
  await slow.delayed
  const heard = new Promise<void>(resolve => void far.agents.onChange(resolve))
  await store.agents.put({ id: 'anna', name: '', ha1: { md5: '', sha256: '' } })
  await heard
})

t.test('a Redis that hangs holds a placement up no longer than a command may take', async t => {
  const { redis, store } = await redisWorld(t, 200)
  await fill(store)
  process.kill(redis.pid, 'SIGSTOP')
  try {
    const begun = performance.now()
    t.equal((await store.ledger.reserve(order('c1'))).kind, 'chosen')
    t.ok(performance.now() - begun < 2_000)
  } finally {
    process.kill(redis.pid, 'SIGCONT')
  }
})

t.test('what is not ours in Redis is taken as missing, reported once and healed by a write', async t => {
  const { raw, store, said } = await redisWorld(t)
  await fill(store)
  const keys = keysOf('f')
  await raw.hset(keys.collection('servers'), 'ms-c', 'nonsense', 'ms-d', '{"version":1,"item":{"id":"ms-a"}}')
  await raw.del(keys.load('ms-a'), keys.pin('anna'))
  for (const key of [keys.load('ms-a'), keys.reservations('ms-b'), keys.binding('anna')])
    await raw.set(key, 'nonsense')
  await raw.set(keys.pin('anna'), '{"agent":1}')
  for (let i = 0; i < 2; i++) {
    t.strictSame(
      (await store.servers.list()).map(({ item }) => item.id),
      ['ms-a', 'ms-b'],
    )
    t.equal(await store.servers.get('ms-c'), undefined)
    t.equal(await store.pins.get('anna'), undefined)
    t.strictSame(await store.bindings.of('anna'), [])
    t.match(await store.ledger.candidates(), [
      { server: { id: 'ms-a' } },
      { reserved: 0, load: { waiting: 0 } },
    ])
  }
  t.equal(
    said.filter(([event, { place }]) => event === 'redis.garbage' && String(place).endsWith('ms-c')).length,
    1,
  )
  t.match(await store.ledger.reserve(order('c1')), { kind: 'chosen', server: { id: 'ms-b' } })
  await store.ledger.putLoad('ms-a', load())
  t.match(await store.ledger.reserve(order('c2')), { kind: 'chosen', server: { id: 'ms-a' } })
})

t.test('a server that only the script can read is never chosen', async t => {
  const { raw, store } = await redisWorld(t)
  await fill(store)
  const poison = JSON.stringify({ version: 1, item: { ...mediaServer('aa'), sip: 'nowhere' } })
  await raw.hset(keysOf('f').collection('servers'), 'aa', poison)
  await store.ledger.putLoad('aa', load())
  t.match(await store.ledger.reserve(order('c1')), { kind: 'chosen', server: { id: 'ms-a' } })
  t.equal(await raw.exists(keysOf('f').reservations('aa')), 0, 'what it had reserved there was given back')
})

t.test('every volatile key has a time to live', async t => {
  const { raw, store } = await redisWorld(t)
  await fill(store)
  await store.ledger.reserve(order('c1'))
  await store.ledger.putHealth('ms-a', 'up')
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'c1' })
  await store.leases.hold('collect', 'me', 5_000)
  // The order of loads is made of the other keys and goes with them.
  const lasting = /:(servers|versions|fence:\w+|ranked|zones|taken|wake|rank:[\w-]+:\w+)$/
  for (const key of (await raw.keys('*')).filter(key => !lasting.test(key))) {
    t.ok((await raw.pttl(key)) > 0, key)
  }
})

t.test('a door that comes back under its old name finds none of its old sessions', async t => {
  const { redis, store } = await redisWorld(t)
  const session = { id: 's1', kind: 'agent', agent: 'anna', state: 'up', since: 1, door: 'd1' } as const
  await store.sessions.put(session)
  const next = createRedisStore({ url: redis.url, fleet: 'f', policy, clock, log: silentLog })
  await next.start()
  await next.sessions.put({ ...session, id: 's2' })
  t.strictSame(
    (await next.sessions.list()).map(({ id }) => id),
    ['s2'],
  )
  await next.stop()
})

const startWith = (url: string): Promise<void> =>
  createRedisStore({ url, fleet: 'f', policy, clock, log: silentLog }).start()

t.test('a start without Redis fails within three seconds, naming it but not its password', async t => {
  const redis = await startRedis()
  await redis.stop()
  const cause: unknown = await startWith(`redis://me:geheim@127.0.0.1:${redis.port}/1`).catch(
    (error: unknown) => error,
  )
  t.match(cause, {
    code: 'E_REDIS_UNREACHABLE',
    message: /redis:\/\/me:\*\*\*@127\.0\.0\.1:\d+\/1.*ECONNREFUSED.*Start Redis/,
  })
  t.notMatch(String(cause), /geheim/)
  const mute = createServer().listen(0, '127.0.0.2')
  await once(mute, 'listening')
  const address = mute.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const begun = performance.now()
  await t.rejects(startWith(`redis://127.0.0.2:${port}`), { code: 'E_REDIS_UNREACHABLE' })
  t.ok(performance.now() - begun < 4_000)
  mute.close()
})

t.test('a start with a wrong password says what to correct', async t => {
  const redis = await startRedis()
  const raw = new Redis(redis.url)
  await raw.config('SET', 'requirepass', 'right')
  raw.disconnect()
  await t.rejects(startWith(redis.url.replace('//', '//:wrong@')), {
    code: 'E_REDIS_UNREACHABLE',
    message: /WRONGPASS.*password/,
  })
  await t.rejects(startWith(redis.url), { code: 'E_REDIS_UNREACHABLE', message: /NOAUTH.*password/ })
  await redis.stop()
})

t.test('text that is no Redis URL is refused and not repeated', async t => {
  t.throws(() => createRedisStore({ url: 'geheim', fleet: 'f', policy, clock, log: silentLog }), {
    code: 'E_REDIS_UNREACHABLE',
    message: /^(?!.*geheim)/,
  })
})

t.test('a pin that is shown counts while Redis is away, unless a later one is known', async t => {
  const { redis, store, logged } = await redisWorld(t)
  const shown = { agent: 'anna', server: 'ms-b', call: 'c-9', fence: 9 }
  t.equal(await store.pins.get('anna', shown), undefined, 'Redis knows better')
  await store.pins.put({ agent: 'ben', server: 'ms-a', call: 'c-8', fence: 8 })
  await redis.kill()
  await logged('redis.lost')
  t.strictSame(await store.pins.get('anna', shown), shown)
  t.match(await store.pins.get('ben', { ...shown, agent: 'ben', fence: 7 }), { call: 'c-8' })
  t.match(await store.pins.get('ben', { ...shown, agent: 'ben' }), { call: 'c-9' })
  t.match(await store.pins.get('ben'), { call: 'c-8' }, 'and it is not kept')
})

t.test('an agent that is taken while Redis is away is marked: others may have taken it as well', async t => {
  const { redis, store, logged } = await redisWorld(t)
  const take = (client: string) =>
    store.queues.take({ client, lines: ['sales'], at: clock.wall(), ttlMs: 60_000 })
  const attendance = { server: 'ms-a', lines: ['sales'] }
  for (const agent of ['anna', 'ben'])
    await store.queues.join({ ...attendance, agent, call: agent }, clock.wall())
  const first = await take('x')
  t.equal(first?.alone, undefined)
  await redis.kill()
  await logged('redis.lost')
  t.match(await take('y'), { agent: first?.agent === 'anna' ? 'ben' : 'anna', alone: true })
})
