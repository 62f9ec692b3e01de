import t from 'tap'
import { PorticoError } from '../../../../runtime/errors.ts'
import type { OriginateOutcome } from '../../../../selector/ami/actions.ts'
import type { OriginateOrder } from '../../../../selector/ami/originate.ts'
import { dialOutput } from '../../../../selector/contract/dial.ts'
import type { DialPolicy } from '../../../../selector/domain/dial-policy.ts'
import { adminFixture, type AdminFixture } from '../../../support/admin-app.ts'
import { mediaServer } from '../../../support/fleet.ts'

interface Fixture extends AdminFixture {
  /** What media servers were asked to call. */
  readonly orders: OriginateOrder[]
  readonly dial: (body: object) => Promise<{ status: number; headers: Headers; json: unknown }>
}

/** Anna waits on ms-a; `outcome` is what becomes of each call after Asterisk has taken the order. */
async function waiting(
  outcome: () => Promise<OriginateOutcome> = () => new Promise(() => undefined),
  dialPolicy: Partial<DialPolicy> = {},
): Promise<Fixture> {
  const orders: OriginateOrder[] = []
  const fixture = adminFixture(store => store, {
    dialPolicy,
    originate: async (server, order, onTaken) => {
      orders.push(order)
      const ended = outcome()
      queueMicrotask(() => onTaken?.())
      return await ended
    },
  })
  const { store, ask } = fixture
  await store.servers.put(mediaServer('ms-a'))
  await store.agents.put({ id: 'anna', name: '', ha1: { md5: '', sha256: '' }, groups: ['sales'] })
  await store.agents.put({ id: 'bob', name: '', ha1: { md5: '', sha256: '' } })
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'a-1' })
  return { ...fixture, orders, dial: body => ask('POST', '/api/v1/agents/anna/calls', body) }
}

const failing = async (code: 'E_AMI_REFUSED' | 'E_AMI_TIMEOUT'): Promise<never> => {
  throw new PorticoError(code, 'no')
}

const already = async (): Promise<OriginateOutcome> => ({ kind: 'already' })

t.test('a number is dialled by the media server of the agent, under our id', async t => {
  const { dial, orders, clock } = await waiting()
  const callerId = { number: '+441234', name: 'Acme' }
  const { status, headers, json } = await dial({ number: '+4930123456', reference: 'ticket-7', callerId })
  const { id } = dialOutput.parse(json)
  t.match([status, headers.get('Location')], [201, `/api/v1/calls/${id}`])
  t.strictSame(json, {
    id,
    agent: 'anna',
    number: '+4930123456',
    reference: 'ticket-7',
    server: 'ms-a',
    state: 'ordered',
    since: clock.wall(),
  })
  t.match(orders, [{ call: id, agent: 'anna', number: '+4930123456', callerId, ringMs: 60_000 }])
})

t.test('the same reference is the same call, and is dialled once', async t => {
  const { dial, orders, store, clock } = await waiting()
  const first = dialOutput.parse((await dial({ number: '1', reference: 'r' })).json)
  await store.dials.tell(first.id, { state: 'ringing', at: clock.wall() })
  const again = await dial({ number: '1', reference: 'r' })
  t.match([again.status, again.json], [200, { id: first.id, state: 'ringing' }])
  t.equal(orders.length, 1)
  const other = await dial({ number: '2', reference: 'r' })
  t.match(
    [other.status, other.json],
    [409, { errors: [{ field: 'reference', wrong: /call to 1; give each/ }] }],
  )
})

t.test('an order that may be lost goes on under the same id when it is repeated', async t => {
  const outcomes = [() => failing('E_AMI_TIMEOUT'), already]
  const orders: string[] = []
  const { ask, store } = adminFixture(kept => kept, {
    originate: async (_server, { call }) => {
      orders.push(call)
      return (await outcomes[orders.length - 1]?.()) ?? { kind: 'answered' }
    },
  })
  await store.servers.put(mediaServer('ms-a'))
  await store.agents.put({ id: 'anna', name: '', ha1: { md5: '', sha256: '' } })
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'a-1' })
  const dial = () => ask('POST', '/api/v1/agents/anna/calls', { number: '1', reference: 'r' })
  t.match(await dial(), { status: 504, json: { code: 'E_AMI_TIMEOUT' } })
  const { status, json } = await dial()
  t.match([status, orders], [200, [dialOutput.parse(json).id, dialOutput.parse(json).id]])
})

t.test('an order that Asterisk refuses leaves its reference free and counts for nothing', async t => {
  const { ask, store } = adminFixture(kept => kept, {
    originate: () => failing('E_AMI_REFUSED'),
    dialPolicy: { calls: 1, callsPerHour: 1 },
  })
  await store.servers.put(mediaServer('ms-a'))
  await store.agents.put({ id: 'anna', name: '', ha1: { md5: '', sha256: '' } })
  await store.pins.put({ agent: 'anna', server: 'ms-a', call: 'a-1' })
  const dial = () => ask('POST', '/api/v1/agents/anna/calls', { number: '1', reference: 'r' })
  t.match(await dial(), { status: 502, json: { code: 'E_AMI_REFUSED' } })
  t.match(await dial(), { status: 502 }, 'and not 429 or 200')
})

t.test('a call that Asterisk could not make is told as failed, with cause and status', async t => {
  const tells: ((outcome: OriginateOutcome) => void)[] = []
  const { dial, store } = await waiting(() => new Promise(resolve => tells.push(resolve)))
  const { id } = dialOutput.parse((await dial({ number: '1' })).json)
  tells[0]?.({ kind: 'failed', cause: 17 })
  await new Promise(setImmediate)
  t.match((await store.dials.get(id))?.news, { state: 'failed', cause: 17, status: 486 })
})

t.test('what is no number is refused, by field', async t => {
  const { dial, orders } = await waiting()
  for (const number of ['500&PJSIP/x', '1@evil;user=phone', '1\r\nAction: Originate', '${EXTEN}', '１２']) {
    const { status, json } = await dial({ number })
    t.match(
      [status, json],
      [400, { code: 'E_API', errors: [{ field: 'number', wrong: /^must be up to 32/ }] }],
    )
  }
  t.equal((await dial({ number: '1', callerId: { number: '1', name: '"><sip:x' } })).status, 400)
  t.equal((await dial({ number: '1', reference: 'a b' })).status, 400)
  t.equal((await dial({ number: '1', channel: 'Local/1@internal' })).status, 400)
  t.equal(orders.length, 0)
})

t.test('a number that the agent may not dial is refused, and what it may is told', async t => {
  const { dial, orders } = await waiting(undefined, {
    prefixes: ['+49'],
    groups: [{ group: 'sales', prefixes: ['+43'] }],
    aliases: [{ name: 'premium', number: '+49900' }],
  })
  for (const number of ['+4930', 'premium']) {
    const { status, json } = await dial({ number })
    t.match([status, json], [403, { errors: [{ field: 'number', wrong: /may dial \(\+43\)/ }] }])
  }
  t.equal((await dial({ number: '+4330' })).status, 201)
  t.equal(orders.length, 1)
})

t.test('calls over a limit are refused with a time, and the limit is named', async t => {
  const { dial, orders } = await waiting(undefined, {
    calls: 1,
    groups: [{ group: 'sales', callsPerHour: 2 }],
  })
  await dial({ number: '1' })
  const second = await dial({ number: '1' })
  t.match([second.status, second.headers.get('Retry-After')], [429, '10'])
  t.match(second.json, {
    detail: 'agent has 1 calls, which is the most at once; end one, or raise dialOut.callsPerAgent',
  })
  t.equal(orders.length, 1)
})

t.test('an agent who waits nowhere, or is not there at all, cannot be dialled for', async t => {
  const { ask } = await waiting()
  t.match(await ask('POST', '/api/v1/agents/bob/calls', { number: '1' }), {
    status: 409,
    json: { errors: [{ field: 'agent', wrong: /sign the agent in first/ }] },
  })
  t.equal((await ask('POST', '/api/v1/agents/eve/calls', { number: '1' })).status, 404)
})

t.test('a call of the last hour counts though it is over', async t => {
  const { dial, store, clock } = await waiting(undefined, { groups: [{ group: 'sales', callsPerHour: 1 }] })
  const { id } = dialOutput.parse((await dial({ number: '1' })).json)
  await store.dials.tell(id, { state: 'ended', at: clock.wall() })
  const { status, headers, json } = await dial({ number: '1' })
  t.match([status, headers.get('Retry-After')], [429, '3600'])
  t.match(json, {
    errors: [{ field: 'group sales', wrong: /1 numbers within an hour.*callsPerHour of dialOut.groups/ }],
  })
})
