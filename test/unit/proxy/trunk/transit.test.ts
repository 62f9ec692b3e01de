import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import type { RequestOrder } from '../../../../proxy/ports.ts'
import type { Route } from '../../../../selector/domain/route.ts'
import type { DoorParts } from '../../../support/door-parts.ts'
import { doorParts, origins, requestEvent, responseEvent } from '../../../support/door-parts.ts'
import { route } from '../../../support/routes.ts'
import { trunkOf, trunkPeer } from '../../../support/trunks.ts'

const acision = trunkOf({ addresses: ['127.0.2.0/24'], headers: { in: ['X-Tenant'] } })
const pstn = trunkOf({
  id: 'pstn',
  addresses: ['127.0.4.0/24'],
  peers: [trunkPeer('192.0.2.10'), trunkPeer('192.0.2.11', { priority: 1 })],
  headers: { out: ['x-tenant', 'X-Other'] },
  limits: { calls: 1 },
})
const backup = trunkOf({ id: 'backup', peers: [trunkPeer('192.0.2.20')] })
const onward: Route = route('onward', 1, {
  when: { number: { pattern: String.raw`0(\d+)` } },
  rewrite: { as: '+49$1' },
  to: [{ kind: 'trunk', trunk: 'pstn' }],
})
const far = { ...origins.trunk, address: '127.0.4.1' } as const

function parts(to: Route['to'] = onward.to): DoorParts {
  return doorParts({ trunk: acision, others: [pstn, backup], routes: [{ ...onward, to }], anchored: true })
}

async function call(
  door: DoorParts,
  transaction: string,
  headers: readonly HeaderLine[] = [],
): Promise<void> {
  const from: HeaderLine = ['From', '"Bea" <sip:+4940555@carrier>;tag=x']
  const uri = 'sip:030123@door'
  await door.tell(
    requestEvent('INVITE', {
      origin: origins.trunk,
      transaction,
      uri,
      headers: [from, ...headers],
      sdp: 'o=c',
      maxForwards: 12,
    }),
  )
}

function asked({ edge }: DoorParts): readonly RequestOrder[] {
  return edge.requests.filter(({ method }) => method === 'INVITE')
}

async function answer(door: DoorParts, status: number): Promise<void> {
  const branch = asked(door).at(-1)?.transaction ?? ''
  await door.tell(
    status < 300 ? responseEvent(branch, status, `d-${branch}`, 'o=far') : responseEvent(branch, status),
  )
}

t.test('a call of one trunk goes on to another as its route says, and ends when either hangs up', async t => {
  for (const [origin, dialog, verdict] of [
    [origins.trunk, 'dialog-t1', 'caller-hung-up'],
    [far, 'd-', 'callee-hung-up'],
  ] as const) {
    const door = parts()
    await call(door, 't1')
    const [invite] = asked(door)
    t.match(invite, { uri: 'sip:+4930123@192.0.2.10:5060;transport=udp', side: 'trunk' })
    const lines = new Map(invite?.headers)
    t.equal(lines.get('From'), '"Bea" <sip:+4940555@portico.test>')
    t.equal(lines.get('Max-Forwards'), '11')
    await answer(door, 200)
    t.strictSame(door.statuses('t1'), [200])
    const leg = dialog === 'd-' ? `d-${invite?.transaction}` : dialog
    await door.tell(requestEvent('BYE', { origin, dialog: leg, transaction: 'bye' }))
    t.strictSame(door.statuses('bye'), [200])
    t.match(door.records, [
      {
        kind: 'transit',
        trunk: 'acision',
        number: '030123',
        route: 'onward',
        onward: { trunk: 'pstn', number: '+4930123', route: 'onward' },
        servers: [],
        verdict,
      },
    ])
    t.notOk('agent' in (door.records[0] ?? {}))
    t.equal(door.edge.requests.filter(({ method }) => method === 'BYE').length, 1)
  }
})

t.test('a header crosses when the one trunk may bring it and the other may have it', async t => {
  const door = parts()
  await call(door, 't1', [
    ['X-Tenant', 'acme'],
    ['X-Other', 'no'],
    ['P-Asserted-Identity', '<sip:1@carrier>'],
  ])
  const names = new Map(asked(door)[0]?.headers?.map(([name, value]) => [name.toLowerCase(), value]))
  t.equal(names.get('x-tenant'), 'acme')
  for (const name of ['x-other', 'p-asserted-identity']) t.notOk(names.has(name), name)
})

t.test('a caller that asked for privacy keeps it on the other side', async t => {
  const door = parts()
  await call(door, 't1', [['Privacy', 'id']])
  const lines = new Map(asked(door)[0]?.headers)
  t.match(lines.get('From'), /anonymous\.invalid/)
  t.notMatch(JSON.stringify([...lines]), /4940555|Bea/)
})

t.test(
  'the next peer is asked when one fails, then the next trunk; the caller hears of the last',
  async t => {
    const door = parts([...onward.to, { kind: 'trunk', trunk: 'backup' }])
    await call(door, 't1')
    for (const status of [503, 500, 503]) await answer(door, status)
    t.strictSame(
      asked(door).map(({ uri = '' }) => uri.slice(uri.indexOf('@') + 1, uri.indexOf(':5060'))),
      ['192.0.2.10', '192.0.2.11', '192.0.2.20'],
    )
    t.strictSame(door.statuses('t1'), [503])
    t.match(
      door.records.map(({ verdict }) => verdict),
      ['trunk-failed', 'trunk-failed'],
    )
  },
)

t.test('what the other side says of the call itself is told, and nobody else is asked', async t => {
  const door = parts([...onward.to, { kind: 'trunk', trunk: 'backup' }])
  await call(door, 't1')
  await answer(door, 486)
  t.strictSame([asked(door).length, door.statuses('t1')], [1, [486]])
  await call(door, 't2')
  await answer(door, 302)
  t.strictSame(door.statuses('t2'), [503], 'whom to ask instead is no business of the caller')
})

t.test('a trunk that is full is passed over, and refuses when it is the last', async t => {
  const door = parts()
  await call(door, 't1')
  await call(door, 't2')
  t.strictSame(door.statuses('t2'), [503])
  t.match(door.edge.responses.at(-1)?.headers, [['Retry-After', /^\d+$/]])
  await answer(door, 486)
  await call(door, 't3')
  t.equal(asked(door).length, 2, 'its place is free again')
  const other = parts([...onward.to, { kind: 'trunk', trunk: 'backup' }])
  await call(other, 't1')
  await call(other, 't2')
  t.match(asked(other).at(-1)?.uri, /@192\.0\.2\.20/)
})

t.test('a call that comes back for the same number is a loop', async t => {
  const door = parts()
  await call(door, 't1')
  const marks = new Map(asked(door)[0]?.headers).get('X-Portico-Marks') ?? ''
  t.match(marks, /^[0-9a-f]{16}$/)
  await answer(door, 486)
  await door.tell(
    requestEvent('INVITE', {
      origin: far,
      transaction: 'back',
      uri: 'sip:+4930123@door',
      headers: [['X-Portico-Marks', marks]],
      sdp: 'o=c',
    }),
  )
  t.strictSame(door.statuses('back'), [482])
})

t.test('only a number leaves', async t => {
  const routes = [route('any', 1, { to: onward.to })]
  const door = doorParts({ trunk: acision, others: [pstn], routes })
  await door.tell(
    requestEvent('INVITE', { origin: origins.trunk, transaction: 't1', uri: 'sip:bob@door', sdp: 'o=c' }),
  )
  t.strictSame([door.statuses('t1'), asked(door).length], [[404], 0])
})

t.test('digits pass from one carrier to the other, anything else said inside the call does not', async t => {
  const door = parts()
  await call(door, 't1')
  await answer(door, 200)
  const inside = { origin: origins.trunk, dialog: 'dialog-t1' } as const
  const digit = { ...inside, transaction: 'i1', body: 'Signal=5\r\nDuration=160\r\n' }
  await door.tell(requestEvent('INFO', { ...digit, headers: [['Content-Type', 'application/dtmf-relay']] }))
  const told = door.edge.requests.at(-1)
  t.match(told, { method: 'INFO', body: { content: 'Signal=5\r\nDuration=160\r\n' } })
  const count = door.edge.requests.length
  await door.tell(
    requestEvent('MESSAGE', {
      ...inside,
      transaction: 'm1',
      headers: [['Content-Type', 'text/plain']],
      body: 'see 127.0.2.5',
    }),
  )
  await door.tell(requestEvent('REFER', { ...inside, transaction: 'r1' }))
  t.strictSame([door.statuses('m1'), door.statuses('r1')], [[415], [403]])
  t.equal(door.edge.requests.length, count)
})
