import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Origin } from '../../../../../proxy/ports.ts'
import {
  doorParts,
  origins,
  requestEvent,
  responseEvent,
  type DoorParts,
  type DoorPartsOptions,
} from '../../../../support/door-parts.ts'
import {
  agentCalls,
  as,
  answer,
  clientComes,
  enter,
  invites,
  kindsOf,
  lastDialog,
} from '../../../../support/door-scene.ts'
import { route } from '../../../../support/routes.ts'
import { trunkOf, trunkPeer } from '../../../../support/trunks.ts'

const pstn = trunkOf({
  id: 'pstn',
  addresses: ['127.0.4.0/24'],
  peers: [trunkPeer('192.0.2.10'), trunkPeer('192.0.2.11', { priority: 1 })],
})
const far: Origin = { ...origins.trunk, address: '127.0.4.1' }
const number = 'sip:+4930123@portico.test'
const talk = 'talk'

/** A door with the agent 1001, who has a client of the trunk. Their dialogs are `dialog-<who>`. */
async function scene(options: DoorPartsOptions = {}): Promise<DoorParts> {
  const parts = doorParts({ anchored: true, others: [pstn], ...options })
  await enter(parts, '1001')
  await clientComes(parts, 'client', '1001', [['From', '"Bea" <sip:+4940555@carrier>;tag=x']])
  return parts
}

/** The phone of 1001 calls somebody. */
async function call(
  parts: DoorParts,
  uri: string,
  transaction = talk,
  more: readonly HeaderLine[] = [],
): Promise<void> {
  await agentCalls(parts, '1001', { uri, transaction, more })
}

for (const uri of [number, 'tel:+49-30-123', 'sip:%2B4930123@PORTICO.test;user=phone'])
  t.test(`an agent with a client calls a number beside its conference, as ${uri}`, async t => {
    const parts = await scene()
    const before = parts.edge.requests.length
    await call(parts, uri)
    t.match(invites(parts).at(-1), { uri: 'sip:+4930123@192.0.2.10:5060;transport=udp', side: 'trunk' })
    await parts.tell(responseEvent(invites(parts).at(-1)?.transaction ?? '', 183, undefined, 'o=early'))
    await answer(parts, 180)
    await answer(parts)
    t.strictSame(parts.statuses(talk), [183, 200])
    t.equal(parts.edge.responses.findLast(({ status }) => status === 183)?.body?.content, 'o=early')
    t.equal(parts.edge.requests.length, before + 1, 'its client, and its own leg, are told nothing')
    t.strictSame(kindsOf(parts), ['agent', 'client', 'consult-out'])
    t.match(parts.sessions().at(-1), {
      kind: 'consult-out',
      by: '1001',
      agent: undefined,
      server: undefined,
      trunk: 'pstn',
      number: '+4930123',
      state: 'up',
    })
  })

t.test('the number learns who calls by the rules of the route, and of the INVITE nothing', async t => {
  const caller = { number: '+4930900', name: 'Centre' }
  const inward = route('1001', 1)
  const out = route('out', 2, { direction: 'out', to: [{ kind: 'trunk', trunk: 'pstn' }], caller })
  const parts = await scene({ routes: [inward, out], others: [{ ...pstn, headers: { out: ['X-Ticket'] } }] })
  await call(parts, number, talk, [['X-Ticket', '1']])
  const headers = new Map(invites(parts).at(-1)?.headers)
  t.match(headers.get('From'), '"Centre" <sip:+4930900@portico.test>')
  t.equal(headers.has('X-Ticket'), false)
  t.notMatch(headers.get('Allow'), /REFER/)
})

t.test('either side hangs up, the other one is told, and what is left tells how it was', async t => {
  for (const [origin, isFar, verdict] of [
    [origins.agent, false, 'caller-hung-up'],
    [far, true, 'callee-hung-up'],
  ] as const) {
    const parts = await scene()
    await call(parts, number)
    const farEnd = lastDialog(parts)
    await answer(parts)
    const dialog = isFar ? farEnd : `dialog-${talk}`
    await parts.tell(requestEvent('BYE', { origin, dialog, transaction: 'bye' }))
    t.strictSame(parts.statuses('bye'), [200])
    t.match(parts.edge.requests.at(-1), { method: 'BYE', dialog: isFar ? `dialog-${talk}` : farEnd })
    t.match(parts.records, [
      { kind: 'consult-out', by: '1001', caller: '1001', trunk: 'pstn', servers: [], status: 200, verdict },
    ])
    t.strictSame(kindsOf(parts), ['agent', 'client'])
  }
})

t.test('the agent gives up while it rings', async t => {
  const parts = await scene()
  await call(parts, number)
  await answer(parts, 180)
  await parts.tell({ kind: 'cancel', transaction: talk })
  t.strictSame(parts.edge.cancelled, [invites(parts).at(-1)?.transaction])
  t.match(parts.records, [{ kind: 'consult-out', verdict: 'cancelled', status: 487 }])
})

t.test('a number that rings for too long is given up', async t => {
  const parts = await scene()
  await call(parts, number)
  await answer(parts, 180)
  parts.clock.advance(180_000)
  t.strictSame(parts.statuses(talk), [180, 480])
  t.equal(parts.edge.cancelled.length, 1)
})

t.test('the next peer is asked when one fails, and what the number says is told', async t => {
  const parts = await scene()
  await call(parts, number)
  await answer(parts, 503)
  t.match(invites(parts).at(-1)?.uri, /@192\.0\.2\.11/)
  await answer(parts, 486)
  t.strictSame(parts.statuses(talk), [486])
  t.match(parts.records, [{ verdict: 'refused', status: 486 }])
})

t.test('no agent calls a number that it may not dial, nor one too many', async t => {
  const policy = { prefixes: ['+4930'], calls: 1, callsPerHour: 2 }
  const parts = await scene({ policy })
  const before = invites(parts).length
  for (const [target, status] of [
    ['tel:+1900', 403],
    ['sip:+490190@portico.test', 403],
    ['sip:**@portico.test', 403],
  ] as const) {
    await call(parts, target, target)
    t.strictSame(parts.statuses(target), [status], target)
  }
  t.equal(invites(parts).length, before, 'nothing left the door')
  await call(parts, number)
  await answer(parts, 486)
  await call(parts, number, 'second')
  await answer(parts)
  t.strictSame(parts.statuses('second'), [200], 'one that failed counts no more among those at once')
  await parts.tell(
    requestEvent('BYE', { origin: origins.agent, dialog: 'dialog-second', transaction: 'bye' }),
  )
  await call(parts, number, 'third')
  t.strictSame(parts.statuses('third'), [503], 'but within the hour')
})

t.test('an agent talks to one other at a time', async t => {
  const parts = await scene({ policy: { calls: 2, callsPerHour: 2 } })
  await call(parts, number)
  await answer(parts)
  const asked = invites(parts).length
  await call(parts, number, 'second')
  await call(parts, 'sip:1002@portico.test', 'colleague')
  t.strictSame(parts.statuses('second'), [486])
  t.equal(invites(parts).length, asked)
  await parts.tell(
    requestEvent('BYE', { origin: origins.agent, dialog: `dialog-${talk}`, transaction: 'bye' }),
  )
  await call(parts, number, 'third')
  await answer(parts)
  t.strictSame(parts.statuses('third'), [200], 'and one that was refused was not counted')
})

t.test('of two calls at the same moment one is made', async t => {
  for (const uris of [
    [number, 'sip:+4930999@portico.test'],
    ['sip:1002@portico.test', number],
    [number, 'sip:1002@portico.test'],
  ]) {
    const parts = await scene()
    await parts.tell(
      requestEvent('INVITE', {
        origin: { ...origins.otherAgent, flow: 'flow-2' },
        transaction: '1002',
        headers: as('1002'),
        sdp: 'o=x',
      }),
    )
    await answer(parts)
    for (const uri of uris)
      parts.door.receive(
        requestEvent('INVITE', {
          origin: origins.agent,
          transaction: uri,
          uri,
          headers: as('1001'),
          sdp: 'o=y',
        }),
      )
    await parts.tell({ kind: 'flow-closed', flow: 'none' })
    const told = (): readonly number[] => uris.flatMap(uri => parts.statuses(uri))
    t.strictSame(told(), [486], uris.join(' and '))
    t.equal(kindsOf(parts).filter(kind => kind.startsWith('consult')).length, 1)
    await answer(parts)
    t.strictSame(new Set(told()), new Set([200, 486]))
  }
})

t.test('a call counts under the limit of its trunk', async t => {
  const parts = await scene({ others: [{ ...pstn, limits: { calls: 1 } }] })
  await call(parts, number)
  await answer(parts)
  const out = requestEvent('INVITE', {
    origin: origins.server,
    transaction: 'out',
    uri: 'sip:+4930999@door',
    headers: [['X-Portico-Agent', '1002']],
    sdp: 'o=ms',
  })
  await parts.tell(out)
  t.strictSame(parts.statuses('out'), [503])
})

t.test('without a trunk that may take it nobody is called', async t => {
  const parts = await scene({ others: [], policy: { calls: 1 } })
  await call(parts, number)
  await call(parts, number, 'again')
  t.strictSame([parts.statuses(talk), parts.statuses('again')], [[503], [503]])
  t.strictSame(kindsOf(parts), ['agent', 'client'])
})

t.test('an agent that is not in its conference comes into it, whatever number it calls', async t => {
  const parts = doorParts({ anchored: true, others: [pstn] })
  await call(parts, number)
  t.match(invites(parts).at(-1)?.uri, /^sip:agt-1001@/)
})

t.test('one that names its own leg comes into its conference again, whatever number it calls', async t => {
  const parts = doorParts({ anchored: true, others: [pstn] })
  await call(parts, 'sip:conference@portico.test', 'first;from-tag=mine')
  await answer(parts)
  await call(parts, number, talk, [['Replaces', 'dialog-first;to-tag=x;from-tag=mine']])
  t.match(invites(parts).at(-1)?.uri, /^sip:agt-1001@/)
})

t.test('a number of another domain is none of the door’s', async t => {
  const parts = await scene()
  await call(parts, 'sip:+4930123@elsewhere.test')
  t.match(invites(parts).at(-1)?.uri, /^sip:agt-1001@/)
})

t.test('keys that the agent presses reach the number, and nothing else that a body may hold', async t => {
  const parts = await scene()
  await call(parts, number)
  const farEnd = lastDialog(parts)
  await answer(parts)
  const say = async (origin: Origin, dialog: string, transaction: string, type: string): Promise<void> =>
    parts.tell(
      requestEvent('INFO', {
        origin,
        dialog,
        transaction,
        headers: [['Content-Type', type]],
        body: 'Signal=5\r\nDuration=100\r\nX=10.0.0.1\r\n',
      }),
    )
  await say(origins.agent, `dialog-${talk}`, 'key', 'application/dtmf-relay')
  t.match(parts.edge.requests.at(-1), {
    method: 'INFO',
    dialog: farEnd,
    body: { content: 'Signal=5\r\nDuration=100\r\n' },
  })
  await say(far, farEnd, 'back', 'application/dtmf-relay')
  t.match(parts.edge.requests.at(-1), { method: 'INFO', dialog: `dialog-${talk}` })
  await say(origins.agent, `dialog-${talk}`, 'other', 'text/plain')
  t.strictSame(parts.statuses('other'), [415])
})

t.test('nobody speaks in that call but those whose it is', async t => {
  const parts = await scene()
  await call(parts, number)
  const farEnd = lastDialog(parts)
  await answer(parts)
  for (const [name, origin, dialog] of [
    ['a media server', origins.server, farEnd],
    ['a media server to the agent', origins.server, `dialog-${talk}`],
    ['the carrier as the agent', far, `dialog-${talk}`],
  ] as const) {
    await parts.tell(requestEvent('BYE', { origin, dialog, transaction: name }))
    t.strictSame(parts.statuses(name), [403], name)
  }
  await parts.tell(requestEvent('REFER', { origin: far, dialog: farEnd, transaction: 'refer' }))
  t.strictSame(parts.statuses('refer'), [403])
})

t.test('one whose connection does not come back is gone from the number, too', async t => {
  const parts = await scene()
  await call(parts, number)
  const farEnd = lastDialog(parts)
  await answer(parts)
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  parts.clock.advance(60_000)
  t.ok(parts.edge.requests.some(({ method, dialog }) => method === 'BYE' && dialog === farEnd))
  t.match(
    parts.records.find(({ kind }) => kind === 'consult-out'),
    { verdict: 'flow-lost' },
  )
})
