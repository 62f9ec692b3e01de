import { Hono } from 'hono'
import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { createLoginThrottle } from '../../../../runtime/login-throttle.ts'
import { createCredentials, ha1Of } from '../../../../selector/credentials.ts'
import type { Dialled, DialWish } from '../../../../selector/dialler.ts'
import type { Dial } from '../../../../selector/domain/dial.ts'
import { serveOwnCalls } from '../../../../selector/http/own-calls.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import type { Order } from '../../../../selector/store/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const dial: Dial = {
  call: 'c1',
  agent: '1001',
  number: '+4930123',
  reference: 'r1',
  server: 'ms-1',
  at: 0,
  news: { state: 'ordered', at: 0 },
}

/** Two agents with a session each, and a dialler that answers as it is told. */
async function fixture(outcome: Dialled = { kind: 'begun', dial }) {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const credentials = createCredentials({ store, realm: 'realm', ttlSec: 60, clock })
  const wishes: DialWish[] = []
  const orders: Order[] = []
  store.orders.take(async order => {
    orders.push(order)
    return undefined
  })
  await store.dials.begin({ order: dial, limits: [], holdMs: 60_000, keepMs: 60_000 })
  const app = new Hono()
  serveOwnCalls(app, {
    credentials,
    dialler: {
      async dial(wish) {
        wishes.push(wish)
        return outcome
      },
    },
    store,
    throttle: createLoginThrottle({ perAddress: 5, free: 3, clock }),
    maxBodyBytes: 4096,
    log: silentLog,
    addressOf: () => '192.0.2.1',
  })
  const session = async (id: string): Promise<string> => {
    await store.agents.put({ id, name: id, ha1: ha1Of(id, 'realm', 'own') })
    const agent = await credentials.verify(id, 'own')
    if (!agent) throw new Error('there is no such agent')
    const { authorizationUser, password } = await credentials.issue(agent)
    return `${authorizationUser}:${password}`
  }
  const ask = async (
    method: string,
    path: string,
    as: string | undefined,
    body?: object,
  ): Promise<Response> =>
    app.request(`https://door.example/api/session/calls${path}`, {
      method,
      headers: {
        ...(as !== undefined && { Authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  return { ask, wishes, orders, clock, ann: await session('1001'), ben: await session('1002') }
}

const order = { number: '+4930123', reference: 'r1' }

t.test('an agent dials into its own conference, and sees nothing of the inside', async t => {
  const { ask, wishes, ann } = await fixture()
  const response = await ask('POST', '', ann, order)
  t.equal(response.status, 201)
  t.strictSame(await response.json(), {
    id: 'c1',
    agent: '1001',
    number: '+4930123',
    reference: 'r1',
    state: 'ordered',
    since: 0,
  })
  t.match(wishes, [{ agent: { id: '1001' }, dialled: '+4930123', reference: 'r1' }])
})

t.test('who asks is said by the session alone', async t => {
  const { ask, wishes, clock, ann } = await fixture()
  t.equal((await ask('POST', '', undefined, order)).status, 401)
  t.equal(
    (await ask('POST', '', '1001:own', order)).status,
    401,
    'the password of the agent opens no session',
  )
  t.equal((await ask('POST', '', ann, { ...order, agent: '1002' })).status, 400, 'nobody dials for another')
  clock.advance(60_001)
  t.equal((await ask('POST', '', ann, order)).status, 401, 'a session that is over')
  t.strictSame(wishes, [])
})

t.test('guessing is slowed down', async t => {
  const { ask, ann } = await fixture()
  const [user] = ann.split(':')
  for (let tries = 0; tries < 3; tries++) t.equal((await ask('POST', '', `${user}:x`, order)).status, 401)
  const late = await ask('POST', '', ann, order)
  t.equal(late.status, 429)
  t.ok(late.headers.get('Retry-After'))
})

t.test(
  'of guesses that come together those beyond the number are not told whether they were right',
  async t => {
    const { ask, wishes, ann } = await fixture()
    const [user] = ann.split(':')
    const guesses = [...Array.from({ length: 3 }, (_, index) => `${user}:${index}`), ann]
    const answers = await Promise.all(guesses.map(guess => ask('POST', '', guess, order)))
    t.strictSame(
      answers.map(({ status }) => status),
      [401, 401, 401, 429],
    )
    t.strictSame(wishes, [])
  },
)

t.test('an agent hangs up what it has dialled, and nothing else', async t => {
  const { ask, orders, ann, ben } = await fixture()
  t.equal((await ask('DELETE', '/c1', ben)).status, 404)
  t.equal((await ask('DELETE', '/c9', ann)).status, 404)
  t.strictSame(orders, [])
  t.equal((await ask('DELETE', '/c1', ann)).status, 204)
  t.strictSame(orders, [{ kind: 'hang-up', call: 'c1' }])
})

t.test('what may not be dialled is refused with what to do', async t => {
  const { ask, ann } = await fixture({ kind: 'refused', refusal: { kind: 'not-allowed', prefixes: ['+49'] } })
  const refused = await ask('POST', '', ann, order)
  t.equal(refused.status, 403)
  t.match(await refused.json(), { detail: /may dial/ })
})
