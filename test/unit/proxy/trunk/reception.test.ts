import t from 'tap'
import type { Route } from '../../../../selector/domain/route.ts'
import type { DoorParts, DoorPartsOptions } from '../../../support/door-parts.ts'
import { counted } from '../../../support/door-doubles.ts'
import { doorParts, origins, requestEvent, responseEvent } from '../../../support/door-parts.ts'
import { route } from '../../../support/routes.ts'
import { trunkOf } from '../../../support/trunks.ts'

/** A door with agents in their conferences, in that order. */
async function withAgents(agents: readonly string[], options: DoorPartsOptions = {}): Promise<DoorParts> {
  const parts = doorParts(options)
  for (const agent of agents) {
    const headers = [
      ['From', `<sip:${agent}@portico.test>;tag=a`],
      ['X-Agent', agent],
    ] as const
    const origin = { ...origins.agent, flow: `flow-${agent}` }
    await parts.tell(requestEvent('INVITE', { origin, transaction: `in-${agent}`, headers, sdp: 'o=a' }))
    await parts.tell(responseEvent(parts.edge.requests.at(-1)?.transaction ?? '', 200, `b-${agent}`, 'o=b'))
    parts.clock.advance(10)
  }
  parts.edge.requests.splice(0)
  return parts
}

async function call(
  parts: DoorParts,
  transaction: string,
  number = '4930123',
  headers: readonly (readonly [string, string])[] = [],
): Promise<void> {
  await parts.tell(
    requestEvent('INVITE', {
      origin: origins.trunk,
      transaction,
      uri: `sip:${number}@door`,
      headers,
      sdp: 'o=c',
    }),
  )
}

/** Whom the media server was asked for, one after the other. */
function asked(parts: DoorParts): readonly string[] {
  return parts.edge.requests.flatMap(({ method, uri = '' }) =>
    method === 'INVITE' ? [uri.slice(4, uri.indexOf('@'))] : [],
  )
}

async function answer(parts: DoorParts, status: number): Promise<void> {
  const branch = parts.edge.requests.findLast(({ method }) => method === 'INVITE')?.transaction ?? ''
  if (status < 300) return parts.tell(responseEvent(branch, status, `d-${branch}`, 'o=b'))
  await parts.tell(responseEvent(branch, status))
}

const sales: Route = route('sales', 1, {
  when: { number: { prefix: '4930' } },
  to: [{ kind: 'queue', group: 'sales' }],
})

t.test('a queue gives each client the agent that waits longest, and none twice', async t => {
  const parts = await withAgents(['b', 'a'], { routes: [sales] })
  await call(parts, 't1')
  await call(parts, 't2')
  t.strictSame(asked(parts), ['cli-b', 'cli-a'])
  await call(parts, 't3')
  t.strictSame(parts.statuses('t3'), [480], 'and nobody is left for a third')
})

t.test('what is left of a call tells its number, its route and what the media anchor counted', async t => {
  const parts = await withAgents(['a'], { routes: [sales] })
  await call(parts, 't1')
  await answer(parts, 200)
  await parts.tell(requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-t1', transaction: 'bye' }))
  t.match(parts.records, [{ kind: 'client', trunk: 'acision', number: '4930123', route: 'sales' }])
  t.strictSame(parts.measured, [counted])
})

t.test('an agent whose client hung up waits again', async t => {
  const parts = await withAgents(['a'], { routes: [sales] })
  await call(parts, 't1')
  await answer(parts, 200)
  await call(parts, 't2')
  t.strictSame(parts.statuses('t2'), [480])
  await parts.tell(requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-t1', transaction: 'bye' }))
  await call(parts, 't3')
  t.strictSame(asked(parts), ['cli-a', 'cli-a'])
})

t.test('an agent that is called by its id waits for no client of a queue', async t => {
  const parts = await withAgents(['a', 'b'], {
    routes: [sales, route('direct', 2, { to: [{ kind: 'agent' }] })],
  })
  await call(parts, 't1', 'a')
  await call(parts, 't2')
  t.strictSame(asked(parts), ['cli-a', 'cli-b'])
})

t.test(
  'when the conference is not there the next agent is asked, then the next target; the client hears nothing of it',
  async t => {
    const routes = [{ ...sales, to: [...sales.to, { kind: 'agent', agent: 'c' } as const] }]
    const parts = await withAgents(['a', 'b', 'c'], { routes })
    parts.pins.set('c', 'ms-1')
    await call(parts, 't1')
    await answer(parts, 486)
    await answer(parts, 486)
    await answer(parts, 486)
    t.strictSame(asked(parts).slice(0, 4), ['cli-a', 'cli-b', 'cli-c', 'cli-c'])
    t.strictSame(parts.statuses('t1'), [])
    await answer(parts, 200)
    t.strictSame(parts.statuses('t1'), [200])
  },
)

t.test('without another target the client hears that nobody is there', async t => {
  const parts = await withAgents(['a'], { routes: [sales] })
  await call(parts, 't1')
  await answer(parts, 486)
  t.strictSame(parts.statuses('t1'), [480])
  const rejecting = await withAgents([], {
    routes: [{ ...sales, to: [...sales.to, { kind: 'reject', status: 486 }] }],
  })
  await call(rejecting, 't1')
  t.strictSame(rejecting.statuses('t1'), [486])
  await call(rejecting, 't2', '7')
  t.strictSame(rejecting.statuses('t2'), [404], 'and 404 where no route fits')
})

t.test('a client that is refused for itself is not sent on', async t => {
  const routes = [{ ...sales, to: [...sales.to, { kind: 'pool' } as const] }]
  const parts = await withAgents(['a', 'b'], { routes })
  await call(parts, 't1')
  await answer(parts, 488)
  t.strictSame([asked(parts), parts.statuses('t1')], [['cli-a'], [488]])
})

t.test('a trunk has no more calls than its limit, and is told when to come again', async t => {
  const trunk = trunkOf({ addresses: ['127.0.2.0/24'], limits: { calls: 1 } })
  const parts = await withAgents(['a', 'b'], { routes: [sales], trunk })
  await call(parts, 't1')
  await answer(parts, 200)
  await call(parts, 't2')
  t.strictSame(parts.statuses('t2'), [503])
  t.match(parts.edge.responses.at(-1)?.headers, [['Retry-After', /^\d+$/]])
  await parts.tell(requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-t1', transaction: 'bye' }))
  await call(parts, 't3')
  t.strictSame(asked(parts), ['cli-a', 'cli-b'], 'the place is free again')
  for (const gone of ['x', 'y']) await call(parts, gone, '7')
  t.strictSame([parts.statuses('x'), parts.statuses('y')], [[503], [503]])
})

t.test('a call that ends in any way leaves its place', async t => {
  const trunk = trunkOf({ addresses: ['127.0.2.0/24'], limits: { calls: 1 } })
  const parts = await withAgents(['a'], { routes: [sales], trunk })
  await call(parts, 'nowhere', '7')
  await call(parts, 'cancelled')
  await parts.tell({ kind: 'cancel', transaction: 'cancelled' })
  await call(parts, 'refused')
  await answer(parts, 488)
  await call(parts, 'away')
  await answer(parts, 486)
  await call(parts, 'last')
  t.strictSame(parts.statuses('nowhere'), [404])
  t.strictSame(parts.statuses('away'), [480])
  t.strictSame(parts.statuses('last'), [], 'and the next one is served')
})

t.test('what a trunk may say of its caller reaches the media server, and nothing else', async t => {
  const trunk = trunkOf({ addresses: ['127.0.2.0/24'], headers: { in: ['X-Tenant'] }, identity: 'asserted' })
  const parts = await withAgents(['a'], { routes: [sales], trunk })
  await call(parts, 't1', '4930123', [
    ['From', '<sip:anonymous@anonymous.invalid>;tag=x'],
    ['P-Asserted-Identity', '"Bea" <sip:+4940@carrier>'],
    ['X-Tenant', 'acme'],
    ['X-Other', 'no'],
  ])
  const lines = new Map(parts.edge.requests[0]?.headers)
  t.equal(lines.get('From'), '"Bea" <sip:+4940@portico.test>')
  t.equal(lines.get('X-Tenant'), 'acme')
  for (const name of ['X-Other', 'P-Asserted-Identity']) t.notOk(lines.has(name), name)
})

t.test('a request that is no INVITE is refused when a route says so', async t => {
  const routes = [
    route('deaf', 1, {
      when: { method: 'OPTIONS', trunks: ['acision'] },
      to: [{ kind: 'reject', status: 403 }],
    }),
  ]
  const parts = await withAgents([], { routes })
  await parts.tell(requestEvent('OPTIONS', { origin: origins.trunk, transaction: 'o1' }))
  await parts.tell(requestEvent('MESSAGE', { origin: origins.trunk, transaction: 'm1' }))
  t.strictSame([parts.statuses('o1'), parts.statuses('m1')], [[403], [405]])
})

t.test(
  'an agent that is wanted idle has one client at a time; the next one hears that it is busy',
  async t => {
    const direct = route('direct', 1, { to: [{ kind: 'agent', idle: true }] })
    const parts = await withAgents(['anna'], { routes: [direct] })
    await call(parts, 't1', 'anna')
    t.strictSame(asked(parts), ['cli-anna'])
    await call(parts, 't2', 'anna')
    t.strictSame(parts.statuses('t2'), [486], 'also while the first one is not there yet')
    await answer(parts, 200)
    await call(parts, 't3', 'anna')
    t.strictSame(parts.statuses('t3'), [486])
    await parts.tell(requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-t1', transaction: 'bye' }))
    await call(parts, 't4', 'anna')
    t.strictSame(asked(parts), ['cli-anna', 'cli-anna'])
    await call(parts, 't5', 'bert')
    t.strictSame(parts.statuses('t5'), [480], 'who is not there is not busy')
  },
)

t.test('a client that finds its agent busy goes on to the next target', async t => {
  const direct = route('direct', 1, {
    to: [
      { kind: 'agent', agent: 'anna', idle: true },
      { kind: 'queue', group: 'sales' },
    ],
  })
  const parts = await withAgents(['anna', 'bert'], { routes: [direct] })
  await call(parts, 't1')
  await answer(parts, 200)
  await call(parts, 't2')
  t.strictSame(asked(parts), ['cli-anna', 'cli-bert'])
})
