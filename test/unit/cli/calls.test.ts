import t from 'tap'
import type { Order } from '../../../selector/store/store.ts'
import { liveSelector } from '../../support/cli.ts'

const leg = { agent: '1001', state: 'up', server: 'ms-1', since: 0, door: 'd1' } as const

t.test('calls are listed, shown, moved and hung up', async t => {
  const { portico, store } = await liveSelector(t)
  await store.sessions.put({ ...leg, id: 'c1', kind: 'agent' })
  await store.sessions.put({ ...leg, id: 'c2', kind: 'client', trunk: 'acision' })
  const orders: Order[] = []
  store.orders.take(async order => {
    orders.push(order)
    return { kind: 'done', calls: ['c1', 'c2'], ...(order.kind === 'move' && { server: 'ms-2' }) }
  })
  t.match(await portico('calls ls'), { code: 0, out: /c1 +agent +1001[^]*c2 +client +1001/ })
  t.match(await portico('calls show c2'), { code: 0, out: /acision/ })
  t.match(await portico('calls move c2'), { code: 0, out: 'c1 moved to ms-2\nc2 moved to ms-2\n' })
  t.match(await portico('calls move 1001 --json'), { code: 0, out: /"server": "ms-2"/ })
  t.match(await portico('calls hangup c1'), { code: 0, out: /c1 hung up/ })
  t.strictSame(orders, [
    { kind: 'move', agent: '1001' },
    { kind: 'move', agent: '1001' },
    { kind: 'hang-up', call: 'c1' },
  ])
})

t.test('calls that are over are listed and shown', async t => {
  const { portico, store } = await liveSelector(t)
  t.match(await portico('records ls'), { code: 0, out: 'no call is over\n' })
  await store.records.put({
    ...leg,
    id: 'c3',
    kind: 'client',
    trunk: 'acision',
    number: '4930123',
    route: 'sales',
    leg: 'x@y',
    caller: '030',
    verdict: 'client-hung-up',
    status: 200,
    servers: ['ms-1', 'ms-2'],
    answeredAt: 1000,
    endedAt: 61_000,
  })
  t.match(await portico('records ls --agent 1001'), {
    code: 0,
    out: /c3 +client +1001 +030 +4930123 +acision +sales +ms-1 ms-2 +client-hung-up +200 .* 60\n/,
  })
  t.match(await portico('records show c3'), { code: 0, out: /"verdict": "client-hung-up"/ })
  t.match(await portico('records show c9'), { code: 1, error: /none of the last/ })
})

t.test('a call that nobody has, and a move that cannot be, are failures that say what to do', async t => {
  const { portico, store } = await liveSelector(t)
  t.match(await portico('calls show c9'), { code: 1, error: /sessions/ })
  t.match(await portico('calls move 1009'), { code: 1, error: /no door has such a call/ })
  store.orders.take(async () => ({ kind: 'refused', reason: 'no-server' }))
  t.match(await portico('calls move 1009'), { code: 1, error: /no other media server/ })
})

t.test('a number is dialled for an agent, and what is refused says why', async t => {
  const { portico, store } = await liveSelector(t)
  await store.agents.put({ id: '1001', name: '', ha1: { md5: '', sha256: '' } })
  t.match(await portico('calls dial 1001 +4930123456'), {
    code: 1,
    error: /sign the agent in first.*\[E_CONFLICT\]/,
  })
  t.match(await portico('calls dial 1001 1&2'), { code: 1, error: /number must be up to 32/ })
  const order = { call: 'c-7', agent: '1001', number: '+49', server: 'ms-1', at: 0 }
  await store.dials.begin({ order, limits: [], holdMs: 1_000, keepMs: 1_000 })
  await store.dials.tell('c-7', { state: 'failed', at: 1, cause: 17, status: 486 })
  t.match(await portico('calls show c-7'), { code: 0, out: /c-7 +dial-out +1001 +failed +\+49 +busy/ })
  t.match(JSON.parse((await portico('calls show c-7 --json')).out), [{ cause: { q850: 17, sip: 486 } }])
})
