import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Origin, RequestOrder } from '../../../../../proxy/ports.ts'
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
  answer,
  clientComes,
  enter,
  kindsOf,
  lastDialog,
  lastNotified,
} from '../../../../support/door-scene.ts'
import { trunkOf, trunkPeer } from '../../../../support/trunks.ts'

const pstn = trunkOf({ id: 'pstn', addresses: ['127.0.4.0/24'], peers: [trunkPeer('192.0.2.10')] })
const far: Origin = { ...origins.trunk, address: '127.0.4.1' }
/** Its tag stands in the name of its dialog, as an edge names it. */
const talk = 'talk;from-tag=mine'

interface Scene extends DoorParts {
  /** The dialog with the number, and that of the client with its conference. */
  readonly number: string
  readonly inner: string
}

/** The agent 1001 has a client of the trunk, and talks to a number. Its dialogs are `dialog-1001` and `dialog-talk…`, the client's is `dialog-client`. */
async function scene(options: DoorPartsOptions = {}): Promise<Scene> {
  const parts = doorParts({ anchored: true, others: [pstn], ...options })
  await enter(parts, '1001')
  await clientComes(parts, 'client', '1001', [['From', '"Bea" <sip:+4940555@carrier>;tag=x']])
  const inner = lastDialog(parts)
  await call(parts, talk)
  await answer(parts)
  return { ...parts, inner, number: lastDialog(parts) }
}

async function call(parts: DoorParts, transaction: string): Promise<void> {
  await agentCalls(parts, '1001', { uri: 'sip:+4930123@portico.test', transaction })
}

/** The agent wants its client to talk to whoever is at the other end of that dialog. */
async function refer(
  parts: DoorParts,
  replaces = 'dialog-talk;to-tag=doors;from-tag=mine',
  transaction = 'refer',
): Promise<void> {
  const headers: readonly HeaderLine[] = [
    ['CSeq', '2 REFER'],
    ['Refer-To', `<sip:door@198.51.100.1;transport=ws?Replaces=${encodeURIComponent(replaces)}>`],
  ]
  await parts.tell(
    requestEvent('REFER', { origin: origins.agent, dialog: 'dialog-1001', transaction, headers }),
  )
}

/** The number answers what it was offered last. */
async function accept(parts: Scene, sdp: string | undefined = 'o=far-2', status = 200): Promise<void> {
  const { transaction = '' } = offered(parts) ?? {}
  const dialog = status < 300 ? parts.number : undefined
  await parts.tell(responseEvent(transaction, status, dialog, sdp))
}

function offered({ edge, number }: Scene): RequestOrder | undefined {
  return edge.requests.findLast(({ method, dialog }) => method === 'INVITE' && dialog === number)
}

async function bye(parts: DoorParts, origin: Origin, dialog: string, transaction = 'bye'): Promise<void> {
  await parts.tell(requestEvent('BYE', { origin, dialog, transaction }))
}

function byes({ edge }: DoorParts): readonly string[] {
  return edge.requests.flatMap(({ method, dialog = '' }) => (method === 'BYE' ? [dialog] : []))
}

const asTheyWere = ['agent', 'client', 'consult-out']

t.test('a client is connected with the number that its agent talks to, which is not called anew', async t => {
  const parts = await scene()
  const before = parts.edge.requests.length
  await refer(parts)
  t.strictSame(parts.statuses('refer'), [202])
  t.match(offered(parts)?.body?.content, 'o=client')
  t.strictSame(byes(parts), [], 'until the number accepts everybody talks on')
  await accept(parts)
  t.equal(lastNotified(parts), 'SIP/2.0 200 OK')
  t.strictSame(
    parts.edge.requests.slice(before).map(({ method, dialog = '' }) => `${method} ${dialog}`),
    [
      'NOTIFY dialog-1001',
      `INVITE ${parts.number}`,
      `BYE ${parts.inner}`,
      `BYE dialog-${talk}`,
      'NOTIFY dialog-1001',
    ],
  )
  t.match(parts.edge.requests.find(({ dialog }) => dialog === `dialog-${talk}`)?.headers, [
    ['Reason', /cause=200/],
  ])
  t.ok(parts.edge.acknowledged.includes(parts.number))
  t.strictSame(kindsOf(parts), ['agent', 'transit'])
  t.match(parts.sessions().at(-1), {
    kind: 'transit',
    trunk: 'acision',
    onward: { trunk: 'pstn', number: '+4930123' },
    agent: undefined,
  })
  t.match(parts.records, [{ kind: 'consult-out', verdict: 'replaced', by: '1001' }])
  t.ok(parts.pins.has('1001'), 'the agent waits for the next client')
})

t.test('the two talk until either hangs up, and what is left tells the whole story', async t => {
  for (const [origin, isFar, verdict] of [
    [origins.trunk, false, 'caller-hung-up'],
    [far, true, 'callee-hung-up'],
  ] as const) {
    const parts = await scene()
    await refer(parts)
    await accept(parts)
    await bye(parts, origin, isFar ? parts.number : 'dialog-client')
    t.strictSame(parts.statuses('bye'), [200])
    t.equal(byes(parts).at(-1), isFar ? 'dialog-client' : parts.number)
    t.match(parts.records.at(-1), {
      kind: 'transit',
      agents: ['1001'],
      servers: ['ms-1'],
      onward: { trunk: 'pstn', number: '+4930123' },
      verdict,
    })
    t.strictSame(kindsOf(parts), ['agent'])
  }
})

t.test('a client that was dialled is handed on as well', async t => {
  const parts = doorParts({ anchored: true, others: [pstn] })
  await enter(parts, '1001')
  const headers: readonly HeaderLine[] = [['X-Portico-Agent', '1001']]
  const dial = { origin: origins.server, transaction: 'out', uri: 'sip:+4930999@door', headers, sdp: 'o=ms' }
  await parts.tell(requestEvent('INVITE', dial))
  const client = lastDialog(parts)
  await answer(parts)
  await call(parts, talk)
  await answer(parts)
  const made = { ...parts, number: lastDialog(parts), inner: 'dialog-out' }
  await refer(parts)
  await accept(made)
  t.equal(lastNotified(parts), 'SIP/2.0 200 OK')
  t.ok(byes(parts).includes('dialog-out'))
  await bye(parts, far, made.number)
  t.equal(byes(parts).at(-1), client)
})

t.test('what both say to each other afterwards crosses', async t => {
  const parts = await scene()
  await refer(parts)
  await accept(parts)
  await parts.tell(
    requestEvent('INVITE', { origin: far, dialog: parts.number, transaction: 'hold', sdp: 'o=far-3' }),
  )
  t.match(parts.edge.requests.at(-1), { method: 'INVITE', dialog: 'dialog-client' })
  await parts.tell(
    requestEvent('BYE', { origin: origins.server, dialog: parts.number, transaction: 'foreign' }),
  )
  t.strictSame(parts.statuses('foreign'), [403])
})

for (const status of [488, 491, 503])
  t.test(`a number that answers ${status} to the new offer stays with the agent`, async t => {
    const parts = await scene()
    await refer(parts)
    await accept(parts, undefined, status)
    t.match(lastNotified(parts), `SIP/2.0 ${status}`)
    t.strictSame([byes(parts), kindsOf(parts)], [[], asTheyWere])
    await refer(parts, undefined, 'again')
    await accept(parts)
    t.equal(lastNotified(parts), 'SIP/2.0 200 OK', 'and it may be tried again')
  })

t.test('a client that hangs up meanwhile leaves agent and number as they were', async t => {
  const parts = await scene()
  await refer(parts)
  await bye(parts, origins.trunk, 'dialog-client')
  await accept(parts)
  t.match(lastNotified(parts), 'SIP/2.0 481')
  t.equal(offered(parts)?.body?.content, 'o=phone', 'the number is offered the agent’s media again')
  await accept(parts, 'o=far-3')
  t.strictSame(kindsOf(parts), ['agent', 'consult-out'])
  t.strictSame(byes(parts), [parts.inner])
  await bye(parts, far, parts.number)
  t.equal(byes(parts).at(-1), `dialog-${talk}`)
})

t.test('a media anchor that does not answer changes nothing', async t => {
  let isThere = true
  const parts = await scene({ isAnchorThere: () => isThere })
  isThere = false
  await refer(parts)
  t.match(lastNotified(parts), 'SIP/2.0 503')
  t.strictSame([offered(parts), byes(parts), kindsOf(parts)], [undefined, [], asTheyWere])
})

t.test(
  'one that dies before the switch ends the talk, as the number cannot come back, and the client stays',
  async t => {
    let isThere = true
    const parts = await scene({ isAnchorThere: () => isThere })
    await refer(parts)
    isThere = false
    await accept(parts)
    t.match(lastNotified(parts), 'SIP/2.0 503')
    t.strictSame(kindsOf(parts), ['agent', 'client'])
    t.match(parts.records, [{ kind: 'consult-out', verdict: 'media-failed' }])
  },
)

t.test('one that accepts without an answer is offered the agent’s media again', async t => {
  const parts = await scene()
  await refer(parts)
  const { transaction = '' } = offered(parts) ?? {}
  await parts.tell(responseEvent(transaction, 200, parts.number))
  t.match(lastNotified(parts), 'SIP/2.0 488')
  await accept(parts, 'o=far-3')
  t.strictSame([byes(parts), kindsOf(parts)], [[], asTheyWere])
})

t.test('a number that hangs up meanwhile leaves the client with the agent', async t => {
  const parts = await scene()
  await refer(parts)
  await bye(parts, far, parts.number)
  t.match(lastNotified(parts), 'SIP/2.0 481')
  t.strictSame(byes(parts), [`dialog-${talk}`])
  t.strictSame(kindsOf(parts), ['agent', 'client'])
})

t.test('one that does not know the dialog any more is gone', async t => {
  const parts = await scene()
  await refer(parts)
  await accept(parts, undefined, 481)
  t.match(lastNotified(parts), 'SIP/2.0 481')
  t.strictSame(kindsOf(parts), ['agent', 'client'])
  t.match(parts.records, [{ kind: 'consult-out', verdict: 'dialog-lost' }])
})

t.test('one that says nothing is asked no longer after a while', async t => {
  const parts = await scene()
  await refer(parts)
  parts.clock.advance(10_000)
  t.strictSame(parts.edge.cancelled, [offered(parts)?.transaction])
  await accept(parts, undefined, 487)
  t.match(lastNotified(parts), 'SIP/2.0 487')
  t.strictSame([byes(parts), kindsOf(parts)], [[], asTheyWere])
})

t.test('an agent that hangs up everything after its REFER has handed its client over', async t => {
  const parts = await scene()
  await refer(parts)
  await bye(parts, origins.agent, `dialog-${talk}`, 'one')
  await bye(parts, origins.agent, 'dialog-1001', 'two')
  t.strictSame([parts.statuses('one'), parts.statuses('two')], [[200], [200]])
  await accept(parts)
  t.strictSame(kindsOf(parts), ['transit'])
  t.equal(byes(parts).includes(`dialog-${talk}`), false, 'who has hung up hears no BYE')
})

t.test('and when the number does not take the client, both go with the agent', async t => {
  const parts = await scene()
  await refer(parts)
  await bye(parts, origins.agent, `dialog-${talk}`)
  await accept(parts, undefined, 488)
  t.strictSame(byes(parts), [parts.number])
  t.strictSame(kindsOf(parts), ['agent', 'client'])
  t.match(parts.records, [{ kind: 'consult-out', verdict: 'caller-hung-up' }])
})

t.test('nobody changes the talk while the number is on its way', async t => {
  const parts = await scene()
  await refer(parts)
  for (const [origin, dialog, name] of [
    [origins.agent, `dialog-${talk}`, 'the agent'],
    [far, parts.number, 'the number'],
  ] as const) {
    await parts.tell(requestEvent('INVITE', { origin, dialog, transaction: name, sdp: 'o=new' }))
    t.strictSame(parts.statuses(name), [491], name)
  }
  await accept(parts)
  t.equal(lastNotified(parts), 'SIP/2.0 200 OK')
})

t.test('a number is one party: an agent with two clients keeps both', async t => {
  const parts = await scene()
  await clientComes(parts, 'second', '1001')
  await refer(parts)
  t.match(lastNotified(parts), 'SIP/2.0 488')
  t.strictSame(kindsOf(parts), ['agent', 'client', 'consult-out', 'client'])
})

t.test('without a client there is nobody to hand over', async t => {
  const parts = await scene()
  await bye(parts, origins.trunk, 'dialog-client')
  await refer(parts)
  t.match(lastNotified(parts), 'SIP/2.0 481')
})

for (const dialog of ['dialog-talk;to-tag=doors;from-tag=guessed', 'dialog-client;to-tag=x;from-tag=y'])
  t.test(`a REFER that names ${dialog} moves nobody`, async t => {
    const parts = await scene()
    await refer(parts, dialog)
    t.match(lastNotified(parts), 'SIP/2.0 481')
    t.strictSame([offered(parts), kindsOf(parts)], [undefined, asTheyWere])
  })

t.test('a client at another door is not connected, and everybody talks on', async t => {
  const there = doorParts({ anchored: true })
  there.pins.set('1001', 'ms-1')
  await clientComes(there, 'far-client', '1001')
  const parts = await scene({
    give: async order => await there.door.order(order),
    elsewhere: () => there.sessions(),
  })
  await bye(parts, origins.trunk, 'dialog-client')
  await refer(parts)
  t.match(lastNotified(parts), 'SIP/2.0 501')
  t.strictSame([kindsOf(parts), kindsOf(there)], [['agent', 'consult-out'], ['client']])
})

t.test('it stays one dialled call until the client has done with it', async t => {
  const parts = await scene({ policy: { calls: 1 }, others: [{ ...pstn, limits: { calls: 1 } }] })
  await refer(parts)
  await accept(parts)
  await call(parts, 'second')
  t.strictSame(parts.statuses('second'), [503])
  const out = { origin: origins.server, uri: 'sip:+4930999@door', sdp: 'o=ms' }
  const headers: readonly HeaderLine[] = [['X-Portico-Agent', '1002']]
  await parts.tell(requestEvent('INVITE', { ...out, transaction: 'out', headers }))
  t.strictSame(parts.statuses('out'), [503], 'and counts under the limit of its trunk')
  await bye(parts, far, parts.number)
  await call(parts, 'third')
  await answer(parts)
  t.strictSame(parts.statuses('third'), [200])
})
