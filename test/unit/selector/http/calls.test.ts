import t from 'tap'
import type { Order, OrderOutcome, Session } from '../../../../selector/store/store.ts'
import { adminFixture, type AdminFixture } from '../../../support/admin-app.ts'
import { mediaServer } from '../../../support/fleet.ts'

const leg: Session = {
  id: 'c1',
  kind: 'agent',
  agent: '1001',
  state: 'up',
  server: 'ms-1',
  since: 1,
  door: 'd1',
}

/** An API with one call in progress, at a door that says `outcome` to everything. */
async function fixture(
  outcome: OrderOutcome | undefined,
): Promise<AdminFixture & { readonly orders: Order[] }> {
  const admin = adminFixture()
  const orders: Order[] = []
  await admin.store.sessions.put(leg)
  await admin.store.servers.put(mediaServer('ms-2'))
  admin.store.orders.take(async order => {
    orders.push(order)
    return outcome
  })
  return { ...admin, orders }
}

const done: OrderOutcome = { kind: 'done', calls: ['c1'], server: 'ms-2' }

t.test('a call is moved with its agent, by its own name or the agent’s', async t => {
  const { ask, orders } = await fixture(done)
  const answer = { status: 200, json: { calls: ['c1'], server: 'ms-2' } }
  t.match(await ask('POST', '/api/v1/calls/c1/move', {}), answer)
  t.match(await ask('POST', '/api/v1/agents/1001/move', { server: 'ms-2' }), answer)
  t.strictSame(orders, [
    { kind: 'move', agent: '1001' },
    { kind: 'move', agent: '1001', server: 'ms-2' },
  ])
})

t.test('a call is hung up', async t => {
  const { ask, orders } = await fixture({ kind: 'done', calls: ['c1'] })
  t.match(await ask('DELETE', '/api/v1/calls/c1'), { status: 200, json: { calls: ['c1'] } })
  t.strictSame(orders, [{ kind: 'hang-up', call: 'c1' }])
})

t.test('one call is shown', async t => {
  const { ask } = await fixture(undefined)
  t.match(await ask('GET', '/api/v1/calls/c1'), { status: 200, json: leg })
  t.match(await ask('GET', '/api/v1/calls/c9'), { status: 404 })
})

t.test('calls that are over are listed, the newest first, and shown whole', async t => {
  const { ask, store } = await fixture(undefined)
  const over = {
    ...leg,
    kind: 'client',
    trunk: 'acision',
    number: '4930123',
    route: 'sales',
    leg: 'x@y',
    caller: '030',
    verdict: 'answered',
    status: 200,
    servers: ['ms-1'],
    endedAt: 9,
    media: { a: { packets: 3, bytes: 516, errors: 0 } },
  }
  for (const [id, agent] of [
    ['r1', '1001'],
    ['r2', '1002'],
    ['r3', '1001'],
  ] as const)
    await store.records.put({ ...over, id, agent })
  await store.records.put({ id: 'r4', of: 'another version' })
  const ids = async (query: string): Promise<unknown> => {
    const { json } = await ask('GET', `/api/v1/records${query}`)
    return json
  }
  t.match(await ids(''), { items: [{ id: 'r3' }, { id: 'r2' }, { id: 'r1' }] })
  t.match(await ids('?agent=1001&limit=1'), { items: [{ id: 'r3' }] })
  t.strictSame(await ids('?trunk=pstn'), { items: [] })
  const { agent: _, ...talk } = over
  await store.records.put({ ...talk, id: 'r5', kind: 'consult-out', by: '1002' })
  t.match(await ids('?agent=1002&limit=1'), { items: [{ id: 'r5', kind: 'consult-out' }] })
  t.match(await ask('GET', '/api/v1/records/r2'), { status: 200, json: { ...over, id: 'r2', agent: '1002' } })
  t.match(await ask('GET', '/api/v1/records/r9'), { status: 404, json: { detail: /cdr.file/ } })
  t.match(await ask('GET', '/api/v1/records?limit=0'), { status: 400, json: { detail: /limit/ } })
})

t.test('calls that nobody has are not found', async t => {
  const { ask, orders } = await fixture(undefined)
  t.match(await ask('POST', '/api/v1/calls/c9/move', {}), { status: 404 })
  t.strictSame(orders, [])
  t.match(await ask('POST', '/api/v1/agents/1002/move', {}), { status: 404, json: { detail: /sessions/ } })
  t.match(await ask('DELETE', '/api/v1/calls/c9'), { status: 404 })
})

for (const [reason, detail] of [
  ['busy', /try again/],
  ['no-server', /selection/],
  ['not-anchored', /media\.mode/],
  ['already-there', /already/],
  ['refused', /log/],
] as const) {
  t.test(`a move that is ${reason} says what to do`, async t => {
    const { ask } = await fixture({ kind: 'refused', reason })
    t.match(await ask('POST', '/api/v1/calls/c1/move', {}), { status: 409, json: { detail } })
  })
}

t.test('nothing is moved to a server that is unknown or takes nobody', async t => {
  const { ask, orders, store } = await fixture(done)
  t.match(await ask('POST', '/api/v1/calls/c1/move', { server: 'ms-9' }), { status: 404 })
  await store.servers.put({ ...mediaServer('ms-3'), wanted: 'draining' })
  t.match(await ask('POST', '/api/v1/calls/c1/move', { server: 'ms-3' }), { status: 409 })
  t.match(await ask('POST', '/api/v1/calls/c1/move', { sever: 'ms-2' }), { status: 400 })
  t.strictSame(orders, [])
})
