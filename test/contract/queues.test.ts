import t, { type Test } from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import type { Queues, Store } from '../../selector/store/store.ts'
import { startRedis } from '../support/redis.ts'

const redis = await startRedis()
t.teardown(() => redis.stop())
const policy = { utilisation: 'expected', rho: 0.7 } as const
const [clock, log] = [systemClock, silentLog]
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
        fleet: `queues-${++count}`,
        commandTimeoutMs: 20_000,
      }),
  ],
]

const now = systemClock.wall()

/** Everything happens around now: what has a time to live must not run out meanwhile. */
function at(seconds: number): number {
  return now + seconds * 1_000
}

async function join(
  queues: Queues,
  agent: string,
  seconds: number,
  lines = ['sales'],
  call = `leg-${agent}`,
): Promise<void> {
  await queues.join({ agent, server: 'ms-a', call, lines }, at(seconds))
}

async function take(
  queues: Queues,
  client: string,
  lines = ['sales'],
  seconds = 100,
  passOver: readonly string[] = [],
): Promise<string | undefined> {
  return (await queues.take({ client, lines, passOver, at: at(seconds), ttlMs: 60_000 }))?.agent
}

for (const [name, make] of stores) {
  const test = (title: string, body: (t: Test, queues: Queues) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async t => {
      const store = make()
      await store.start()
      try {
        await body(t, store.queues)
      } finally {
        await store.stop()
      }
    })
  }

  test('who waits longest is taken first, with its place', async (t, queues) => {
    await join(queues, 'b', 2)
    await join(queues, 'a', 1)
    await join(queues, 'c', 3)
    t.strictSame(await queues.take({ client: 'x', lines: ['sales'], at: at(9), ttlMs: 60_000 }), {
      agent: 'a',
      server: 'ms-a',
      call: 'leg-a',
    })
    t.strictSame(
      [await take(queues, 'y'), await take(queues, 'z'), await take(queues, 'w')],
      ['b', 'c', undefined],
    )
  })

  test('of many clients at once no two get the same agent', async (t, queues) => {
    const agents = Array.from({ length: 60 }, (_, n) => `agent-${n}`)
    await Promise.all(
      agents.map((agent, n) => join(queues, agent, n, n % 2 ? ['sales'] : ['sales', 'support'])),
    )
    const taken = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        take(queues, `client-${n}`, n % 3 ? ['sales'] : ['support', 'sales']),
      ),
    )
    const got = taken.filter(agent => agent !== undefined)
    t.equal(got.length, 60)
    t.equal(new Set(got).size, 60)
  })

  test('an agent is in each of its lines, and taken from all', async (t, queues) => {
    await join(queues, 'a', 1, ['sales', 'support'])
    await join(queues, 'b', 2, ['support'])
    t.equal(await take(queues, 'x', ['sales']), 'a')
    t.equal(await take(queues, 'y', ['sales']), undefined)
    t.equal(await take(queues, 'z', ['sales', 'support']), 'b', 'the first line that has somebody')
  })

  test('an agent whose client is gone waits again, behind those who waited meanwhile', async (t, queues) => {
    await join(queues, 'a', 1)
    await take(queues, 'x')
    await join(queues, 'b', 2)
    await queues.free('a', 'other', at(3))
    t.equal(await take(queues, 'nobody', ['sales'], 4, ['b']), undefined, 'another client’s end is not its')
    await queues.free('a', 'x', at(5))
    t.strictSame([await take(queues, 'y'), await take(queues, 'z')], ['b', 'a'])
  })

  test('an agent waits only when its last client is gone', async (t, queues) => {
    await join(queues, 'a', 1)
    await queues.occupy('a', 'x', at(2), 60_000)
    await queues.occupy('a', 'y', at(3), 60_000)
    await queues.free('a', 'x', at(4))
    t.equal(await take(queues, 'z'), undefined)
    await queues.free('a', 'y', at(5))
    t.equal(await take(queues, 'z'), 'a')
  })

  test('an agent that joins with a client does not wait', async (t, queues) => {
    await queues.occupy('a', 'x', at(1), 60_000)
    await join(queues, 'a', 2)
    t.equal(await take(queues, 'y', ['sales'], 3), undefined)
  })

  test('a client that nobody speaks for any more does not keep its agent', async (t, queues) => {
    await queues.occupy('a', 'x', at(1), 5_000)
    await join(queues, 'a', 2)
    t.equal(await take(queues, 'y', ['sales'], 3), undefined)
    await join(queues, 'a', 10)
    t.equal(await take(queues, 'y', ['sales'], 11), 'a')
  })

  test('joining again keeps the place, and may change server and lines', async (t, queues) => {
    await join(queues, 'a', 1, ['sales', 'support'])
    await join(queues, 'b', 2)
    await queues.join({ agent: 'a', server: 'ms-b', call: 'leg-a', lines: ['sales'] }, at(3))
    t.equal(await take(queues, 'x', ['support']), undefined)
    t.match(await queues.take({ client: 'y', lines: ['sales'], at: at(9), ttlMs: 60_000 }), {
      agent: 'a',
      server: 'ms-b',
    })
  })

  test('who has left is not taken; the end of an older call takes nobody away', async (t, queues) => {
    await join(queues, 'a', 1, ['sales'], 'new')
    await queues.leave('a', 'old')
    t.equal(await take(queues, 'x'), 'a')
    await queues.free('a', 'x', at(2))
    await queues.leave('a', 'new')
    t.equal(await take(queues, 'y'), undefined)
    await queues.free('a', 'y', at(3))
    t.equal(await take(queues, 'z'), undefined)
  })

  test('agents that are not wanted keep their place', async (t, queues) => {
    await join(queues, 'a', 1)
    await join(queues, 'b', 2)
    t.equal(await take(queues, 'x', ['sales'], 9, ['a']), 'b')
    t.equal(await take(queues, 'y'), 'a')
  })
}
