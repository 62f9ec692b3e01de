import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Origin } from '../../../../../proxy/ports.ts'
import type { DialPolicy } from '../../../../../selector/domain/dial-policy.ts'
import {
  doorParts,
  origins,
  requestEvent,
  responseEvent,
  type DoorParts,
} from '../../../../support/door-parts.ts'
import {
  answer,
  clientComes,
  enter,
  invites,
  kindsOf,
  lastDialog,
  lastNotified,
} from '../../../../support/door-scene.ts'
import { trunkOf, trunkPeer } from '../../../../support/trunks.ts'

const pstn = trunkOf({
  id: 'pstn',
  addresses: ['127.0.4.0/24'],
  peers: [trunkPeer('192.0.2.10'), trunkPeer('192.0.2.11', { priority: 1 })],
})
const far: Origin = { ...origins.trunk, address: '127.0.4.1' }
const number = 'sip:+4930123@portico.test'

/** A door with the agent 1001, who has a client of the trunk. Their dialogs are `dialog-<who>`. */
async function scene(
  policy: Partial<DialPolicy> = {},
  others = [pstn],
  isAnchorThere = () => true,
): Promise<DoorParts> {
  const parts = doorParts({ anchored: true, policy, others, isAnchorThere })
  await enter(parts, '1001')
  await client(parts, 'client')
  return parts
}

async function client(parts: DoorParts, transaction: string): Promise<void> {
  await clientComes(parts, transaction, '1001', [['From', '"Bea" <sip:+4940555@carrier>;tag=x']])
}

async function refer(parts: DoorParts, target: string, transaction = 'refer'): Promise<void> {
  const headers: readonly HeaderLine[] = [
    ['CSeq', '2 REFER'],
    ['Refer-To', `<${target}>`],
  ]
  await parts.tell(
    requestEvent('REFER', { origin: origins.agent, dialog: 'dialog-1001', transaction, headers }),
  )
}

/** A media server wants a number dialled for another agent. */
async function dialOut(parts: DoorParts, transaction: string): Promise<void> {
  const headers: readonly HeaderLine[] = [['X-Portico-Agent', '1002']]
  await parts.tell(
    requestEvent('INVITE', {
      origin: origins.server,
      transaction,
      uri: 'sip:+4930999@door',
      headers,
      sdp: 'o=ms',
    }),
  )
}

t.test('an agent’s client is connected to a number, and its carrier hears nothing of it', async t => {
  const parts = await scene()
  const inner = lastDialog(parts)
  const before = parts.edge.requests.length
  await refer(parts, number)
  t.strictSame([parts.statuses('refer'), lastNotified(parts)], [[202], 'SIP/2.0 100 Trying'])
  t.match(invites(parts).at(-1), { uri: 'sip:+4930123@192.0.2.10:5060;transport=udp', side: 'trunk' })
  t.equal(new Map(invites(parts).at(-1)?.headers).get('From'), '"Bea" <sip:+4940555@portico.test>')
  await answer(parts, 180)
  t.strictSame(kindsOf(parts), ['agent', 'client'], 'until then the client is with the agent')
  await answer(parts)
  t.equal(lastNotified(parts), 'SIP/2.0 200 OK')
  t.strictSame(
    parts.edge.requests.slice(before).map(({ method, dialog = '' }) => `${method} ${dialog}`.trim()),
    ['NOTIFY dialog-1001', 'INVITE', `BYE ${inner}`, 'NOTIFY dialog-1001'],
  )
  t.strictSame(kindsOf(parts), ['agent', 'transit'])
  t.equal(parts.door.calls.of('1001').length, 1, 'and has no client any more')
  t.ok(parts.pins.has('1001'), 'the agent waits for the next one')
})

t.test('the two talk until either hangs up, and what is left tells the whole story', async t => {
  for (const [origin, isFar, verdict] of [
    [origins.trunk, false, 'caller-hung-up'],
    [far, true, 'callee-hung-up'],
  ] as const) {
    const parts = await scene()
    await refer(parts, number)
    const there = lastDialog(parts)
    await answer(parts)
    const dialog = isFar ? there : 'dialog-client'
    await parts.tell(requestEvent('BYE', { origin, dialog, transaction: 'bye' }))
    t.strictSame(parts.statuses('bye'), [200])
    t.match(parts.edge.requests.at(-1), { method: 'BYE', dialog: isFar ? 'dialog-client' : there })
    t.match(parts.records, [
      {
        kind: 'transit',
        trunk: 'acision',
        agents: ['1001'],
        servers: ['ms-1'],
        onward: { trunk: 'pstn', number: '+4930123' },
        verdict,
      },
    ])
    t.strictSame(kindsOf(parts), ['agent'])
  }
})

t.test('no agent dials by REFER what it may not dial otherwise', async t => {
  const policy = { prefixes: ['+49'], groups: [{ group: 'sales', prefixes: ['+4930'] }] }
  for (const [target, status] of [
    ['sip:+490190666@portico.test', '403 Forbidden'],
    ['tel:+1900', '403 Forbidden'],
    ['sip:**@portico.test', '403 Forbidden'],
  ] as const) {
    const parts = await scene(policy)
    const count = invites(parts).length
    await refer(parts, target)
    t.equal(lastNotified(parts), `SIP/2.0 ${status}`, target)
    t.equal(invites(parts).length, count, 'nothing left the door')
    t.strictSame(kindsOf(parts), ['agent', 'client'])
  }
  const allowed = await scene(policy)
  await refer(allowed, number)
  await answer(allowed)
  t.equal(lastNotified(allowed), 'SIP/2.0 200 OK')
})

t.test('the limits on what an agent dials hold, as long as its client talks there', async t => {
  const parts = await scene({ calls: 1, callsPerHour: 2 })
  await refer(parts, number)
  await answer(parts)
  await client(parts, 'second')
  await refer(parts, number, 'again')
  t.equal(lastNotified(parts), 'SIP/2.0 503 Service Unavailable')
  await parts.tell(
    requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
  )
  await refer(parts, number, 'later')
  await answer(parts, 486)
  t.equal(lastNotified(parts), 'SIP/2.0 486 Busy Here', 'one that failed counts no more among those at once')
  await refer(parts, number, 'too often')
  t.equal(lastNotified(parts), 'SIP/2.0 503 Service Unavailable', 'but within the hour')
})

t.test('a call counts under the limit of its trunk as soon as the number is called', async t => {
  const parts = await scene({}, [{ ...pstn, limits: { calls: 1 } }])
  await refer(parts, number)
  const way = invites(parts).at(-1)?.transaction ?? ''
  const asked = invites(parts).length
  await dialOut(parts, 'while it rings')
  t.strictSame(parts.statuses('while it rings'), [503])
  t.equal(invites(parts).length, asked)
  await parts.tell(responseEvent(way, 486))
  t.equal(lastNotified(parts), 'SIP/2.0 486 Busy Here')
  await dialOut(parts, 'after it failed')
  t.equal(invites(parts).length, asked + 1)
  await answer(parts, 486)
  await refer(parts, number, 'again')
  await parts.tell(
    requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
  )
  await dialOut(parts, 'after the client left')
  t.equal(invites(parts).length, asked + 3)
})

t.test('a call counts until it is over, once', async t => {
  const parts = await scene({}, [{ ...pstn, limits: { calls: 2 } }])
  await refer(parts, number)
  await answer(parts)
  await dialOut(parts, 'the second')
  t.strictSame(parts.statuses('the second'), [])
  await dialOut(parts, 'the third')
  t.strictSame(parts.statuses('the third'), [503])
})

t.test('the next peer is asked when one fails; the client stays when none takes the call', async t => {
  const parts = await scene()
  await refer(parts, number)
  await answer(parts, 503)
  t.match(invites(parts).at(-1)?.uri, /@192\.0\.2\.11/)
  await answer(parts, 500)
  t.equal(lastNotified(parts), 'SIP/2.0 500 Server Internal Error')
  t.strictSame(kindsOf(parts), ['agent', 'client'])
  await refer(parts, number, 'again')
  await answer(parts, 486)
  t.equal(lastNotified(parts), 'SIP/2.0 486 Busy Here')
  const asked = invites(parts).length
  await refer(parts, 'sip:1002@portico.test', 'to nobody')
  t.equal(lastNotified(parts), 'SIP/2.0 480 Temporarily Unavailable')
  t.equal(invites(parts).length, asked, 'and goes to agents as before')
})

t.test('a telephone may ring for as long as it takes, silence may not last', async t => {
  const parts = await scene()
  await refer(parts, number)
  parts.clock.advance(2_001)
  t.equal(parts.edge.cancelled.length, 1)
  await parts.tell(responseEvent('nobody', 200))
  t.match(invites(parts).at(-1)?.uri, /@192\.0\.2\.11/)
  await answer(parts, 180)
  parts.clock.advance(60_000)
  t.equal(parts.edge.cancelled.length, 1)
  await answer(parts)
  t.equal(lastNotified(parts), 'SIP/2.0 200 OK')
})

t.test('an agent that hangs up at once leaves its client ringing there', async t => {
  const parts = await scene()
  await refer(parts, number)
  await parts.tell(requestEvent('BYE', { origin: origins.agent, dialog: 'dialog-1001', transaction: 'bye' }))
  await answer(parts)
  t.strictSame(kindsOf(parts), ['transit'])
})

t.test('a client that hangs up while it rings there ends it', async t => {
  const parts = await scene()
  await refer(parts, number)
  await parts.tell(
    requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
  )
  t.equal(parts.edge.cancelled.length, 1)
  t.equal(lastNotified(parts), 'SIP/2.0 481 Call/Transaction Does Not Exist')
  t.strictSame(kindsOf(parts), ['agent'])
})

t.test('while no media anchor answers nobody is called, and the client stays', async t => {
  let isThere = true
  const parts = await scene({}, [pstn], () => isThere)
  const asked = invites(parts).length
  isThere = false
  await refer(parts, number)
  t.equal(lastNotified(parts), 'SIP/2.0 503 Service Unavailable')
  t.equal(invites(parts).length, asked)
  t.strictSame(kindsOf(parts), ['agent', 'client'])
})

t.test('a number is one party: an agent with two clients keeps both', async t => {
  const parts = await scene()
  await client(parts, 'second')
  await refer(parts, number)
  t.equal(lastNotified(parts), 'SIP/2.0 488 Not Acceptable Here')
  t.strictSame(kindsOf(parts), ['agent', 'client', 'client'])
})

t.test('without a trunk that may take it nobody is called', async t => {
  const parts = await scene({}, [])
  await refer(parts, number)
  t.equal(lastNotified(parts), 'SIP/2.0 503 Service Unavailable')
  t.strictSame(kindsOf(parts), ['agent', 'client'])
})
