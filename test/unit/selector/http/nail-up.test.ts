import t from 'tap'
import { PorticoError } from '../../../../runtime/errors.ts'
import type { OriginateOutcome } from '../../../../selector/ami/actions.ts'
import type { RingOrder } from '../../../../selector/ami/originate.ts'
import { nailUpOutput } from '../../../../selector/contract/calls.ts'
import type { Order, Session } from '../../../../selector/store/store.ts'
import { adminFixture, type AdminFixture } from '../../../support/admin-app.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

interface Fixture extends AdminFixture {
  readonly rung: RingOrder[]
  /** Who rang. */
  readonly servers: string[]
  readonly orders: Order[]
}

/** Anna's phone is registered, and ms-a has room; `outcome` is what becomes of each ringing. */
async function signedIn(outcome: () => Promise<OriginateOutcome>): Promise<Fixture> {
  const rung: RingOrder[] = []
  const servers: string[] = []
  const fixture = adminFixture(store => store, {
    ring: async ({ id }, order) => {
      servers.push(id)
      rung.push(order)
      return outcome()
    },
  })
  const { store } = fixture
  const orders: Order[] = []
  store.orders.take(async order => {
    orders.push(order)
    return order.kind === 'hang-up' ? { kind: 'done', calls: [order.call] } : undefined
  })
  await store.servers.put(mediaServer('ms-a'))
  await store.ledger.putLoad('ms-a', load())
  await store.agents.put({ id: 'anna', name: '', ha1: { md5: '', sha256: '' } })
  const contact = { contact: 'sip:x@y.invalid', flow: 'f', door: 'd', callId: 'c', cseq: 1 }
  await store.bindings.put({ agent: 'anna', ...contact, expiresAt: 4_000_000_000_000 })
  return { ...fixture, rung, servers, orders }
}

const answered = async (): Promise<OriginateOutcome> => ({ kind: 'answered' })
const path = '/api/v1/agents/anna/nailup'
const leg: Session = {
  id: 'c1',
  kind: 'agent',
  agent: 'anna',
  state: 'up',
  server: 'ms-a',
  since: 1,
  door: 'd',
}

t.test('an agent is called into its conference by a media server that has a place', async t => {
  const { ask, rung, store } = await signedIn(answered)
  const { status, headers, json } = await ask('POST', path)
  const { id } = nailUpOutput.parse(json)
  t.match([status, headers.get('Location')], [201, `/api/v1/calls/${id}`])
  t.strictSame(json, { id, agent: 'anna', server: 'ms-a', state: 'up' })
  t.strictSame(rung, [{ call: id, agent: 'anna', domain: 'realm.example', ringMs: 20_000 }])
  t.match(await store.decisions.of(id), [{ agent: 'anna', choice: { server: 'ms-a' } }])
})

const home = { agent: 'anna', server: 'ms-b', call: 'c0', heldUntil: 4_000_000_000_000 }

t.test('an agent whose place is kept is called by the server where it was', async t => {
  const { ask, servers, store } = await signedIn(answered)
  await store.servers.put(mediaServer('ms-b', { wanted: 'draining' }))
  await store.ledger.putLoad('ms-b', load({ waiting: 9 }))
  await store.pins.put(home)
  t.match(await ask('POST', path), { status: 201, json: { server: 'ms-b' } })
  t.strictSame(servers, ['ms-b'])
})

for (const [name, health, state] of [
  ['is down', 'down', 'known'],
  ['shuts down', 'stopping', 'known'],
  ['shuts down, as its Manager Interface says', 'up', 'draining'],
  ['hangs', 'up', 'hung'],
  ['died', 'up', 'dead'],
] as const) {
  t.test(`where that server ${name}, the best other one calls the agent`, async t => {
    const { ask, servers, store } = await signedIn(answered)
    await store.servers.put(mediaServer('ms-b'))
    await store.ledger.putLoad('ms-b', load({ state }))
    await store.ledger.putHealth('ms-b', health)
    await store.pins.put(home)
    t.match(await ask('POST', path), { status: 201, json: { server: 'ms-a' } })
    t.strictSame(servers, ['ms-a'])
  })
}

t.test('an agent that is there stays, however often it is asked for', async t => {
  const { ask, rung, store } = await signedIn(answered)
  await store.sessions.put(leg)
  t.match(await ask('POST', path), { status: 200, json: { id: 'c1', server: 'ms-a', state: 'up' } })
  t.strictSame(rung, [])
})

t.test('who asks twice at once gets one call', async t => {
  const { ask, rung } = await signedIn(answered)
  const both = await Promise.all([ask('POST', path), ask('POST', path)])
  t.equal(rung.length, 1)
  t.strictSame(both[0].json, both[1].json)
})

t.test('an agent whose phone is not registered is not called', async t => {
  const { ask, rung, store } = await signedIn(answered)
  await store.bindings.remove('anna', 'sip:x@y.invalid')
  t.match(await ask('POST', path), { status: 409, json: { detail: /sign in on its page/ } })
  t.strictSame(rung, [])
})

t.test('without a media server nobody is called', async t => {
  const { ask, rung, store } = await signedIn(answered)
  await store.servers.put(mediaServer('ms-a', { wanted: 'disabled' }))
  const { status, headers, json } = await ask('POST', path)
  t.match([status, headers.get('Retry-After'), json], [503, '5', { detail: /GET \/api\/v1\/selection/ }])
  t.strictSame(rung, [])
})

for (const [name, outcome, detail] of [
  ['refuses', { kind: 'failed', cause: 17, status: 486 }, /answered 486/],
  ['rings in vain', { kind: 'failed', cause: 19 }, /did not answer/],
] as const) {
  t.test(`a phone that ${name} is told, and its place is given back`, async t => {
    const { ask, store } = await signedIn(async () => outcome)
    t.match(await ask('POST', path), { status: 409, json: { code: 'E_CONFLICT', detail } })
    t.match(await store.ledger.candidates(), [{ reserved: 0 }])
  })
}

t.test('a place is given back when the media server cannot be asked', async t => {
  const { ask, store } = await signedIn(async () => {
    throw new PorticoError('E_AMI_CLOSED', 'no')
  })
  t.match(await ask('POST', path), { status: 502 })
  t.match(await store.ledger.candidates(), [{ reserved: 0 }])
})

t.test('an agent is let go, and letting go again ends nothing', async t => {
  const { ask, orders, store } = await signedIn(answered)
  await store.sessions.put(leg)
  await store.sessions.put({ ...leg, id: 'c2', kind: 'client' })
  t.match(await ask('DELETE', path), { status: 200, json: { calls: ['c1'] } })
  t.strictSame(orders, [{ kind: 'hang-up', call: 'c1' }])
  await store.sessions.remove('c1')
  t.match(await ask('DELETE', path), { status: 200, json: { calls: [] } })
})

t.test('an agent that does not exist is neither called nor let go', async t => {
  const { ask } = await signedIn(answered)
  t.match(await ask('POST', '/api/v1/agents/nobody/nailup'), { status: 404 })
  t.match(await ask('DELETE', '/api/v1/agents/nobody/nailup'), { status: 404 })
})
