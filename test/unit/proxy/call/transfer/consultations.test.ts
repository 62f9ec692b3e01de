import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Origin } from '../../../../../proxy/ports.ts'
import { doorParts, origins, requestEvent, type DoorParts } from '../../../../support/door-parts.ts'
import { answer, as, clientCalls, invites } from '../../../../support/door-scene.ts'

const phones: Readonly<Record<string, Origin>> = {
  1001: origins.agent,
  1002: origins.otherAgent,
  1003: { ...origins.otherAgent, address: '127.0.9.3', flow: 'flow-3' },
}

/** A door with 1001, who has a client of the trunk, and 1002, who waits. Their dialogs are `dialog-<who>`. */
async function scene(): Promise<DoorParts> {
  const parts = doorParts({ anchored: true })
  await invite(parts, '1001', 'conference', '1001')
  await answer(parts)
  await invite(parts, '1002', 'conference', '1002')
  await answer(parts)
  await clientCalls(parts, 'client', '1001')
  await answer(parts)
  return parts
}

/** An agent's phone calls somebody. */
async function invite(
  parts: DoorParts,
  agent: string,
  whom: string,
  transaction: string,
  more: readonly HeaderLine[] = [],
): Promise<void> {
  const headers = [...as(agent), ...more]
  const uri = `sip:${whom}@portico.test`
  await parts.tell(
    requestEvent('INVITE', { origin: phones[agent] ?? origins.agent, transaction, uri, headers, sdp: 'o=a' }),
  )
}

/** Its tag stands in the name of its dialog, as an edge names it. */
const talk = 'talk;from-tag=mine'

/** 1001 talks to 1002 beside its own conference. */
async function consult(parts: DoorParts): Promise<void> {
  await invite(parts, '1001', '1002', talk)
  await answer(parts)
}

async function refer(
  parts: DoorParts,
  replaces: string,
  facts: { readonly dialog?: string; readonly origin?: Origin } = {},
): Promise<void> {
  const { dialog = 'dialog-1001', origin = origins.agent } = facts
  const headers: readonly HeaderLine[] = [
    ['CSeq', '2 REFER'],
    ['Refer-To', `<sip:door@198.51.100.1;transport=ws?Replaces=${encodeURIComponent(replaces)}>`],
  ]
  await parts.tell(requestEvent('REFER', { origin, dialog, transaction: 'refer', headers }))
}

const ofTalk = 'dialog-talk;to-tag=doors;from-tag=mine'

/** What 1001 was told last of its transfer. */
function told({ edge }: DoorParts): string | undefined {
  return edge.requests.findLast(({ method }) => method === 'NOTIFY')?.body?.content.trim()
}

function byes({ edge }: DoorParts): readonly string[] {
  return edge.requests.flatMap(({ method, dialog = '' }) => (method === 'BYE' ? [dialog] : []))
}

/** Who is in whose conference. */
function guests({ door }: DoorParts): readonly string[] {
  return [...door.calls.all()].flatMap(({ call: { kind, agent, by } }) =>
    kind === 'agent' ? [] : [`${by ?? kind} with ${agent}`],
  )
}

t.test('an agent calls another one beside its own conference, as a guest in that one’s', async t => {
  const parts = await scene()
  await consult(parts)
  t.match(invites(parts).at(-1), {
    uri: 'sip:cli-1002@127.0.1.1:5060;transport=udp',
    side: 'inside',
    headers: [
      ['From', '<sip:1001@portico.test>'],
      ['To', /cli-1002/],
    ],
  })
  t.strictSame(parts.statuses(talk), [200])
  t.strictSame(byes(parts), [], 'its own leg stays, and its client there')
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
  await parts.tell(
    requestEvent('BYE', { origin: origins.agent, dialog: `dialog-${talk}`, transaction: 'bye' }),
  )
  t.match(parts.records, [
    { kind: 'consult', agent: '1002', caller: '1001', servers: ['ms-1'], verdict: 'caller-hung-up' },
  ])
  t.strictSame(guests(parts), ['client with 1001'])
})

t.test('whom it talked about then takes its place', async t => {
  const parts = await scene()
  await consult(parts)
  const [own, inner] = [invites(parts).at(-2), invites(parts).at(-1)].map(order => `to-${order?.transaction}`)
  await refer(parts, ofTalk)
  t.strictSame(parts.statuses('refer'), [202])
  t.match(invites(parts).at(-1)?.uri, /^sip:cli-1002@/)
  t.strictSame(byes(parts), [], 'until the client is there the two talk on')
  await answer(parts)
  t.equal(told(parts), 'SIP/2.0 200 OK')
  t.strictSame(byes(parts), [own, `dialog-${talk}`, inner])
  t.match(parts.edge.requests.find(({ dialog }) => dialog === `dialog-${talk}`)?.headers, [
    ['Reason', /cause=200/],
  ])
  t.strictSame(guests(parts), ['client with 1002'])
  t.match(parts.records, [{ kind: 'consult', verdict: 'replaced' }])
  t.ok(parts.pins.has('1001'), 'and it waits for the next client')
})

t.test('while the two talk the other agent is given no client, and afterwards it has this one', async t => {
  const parts = await scene()
  await consult(parts)
  const facts = { origin: phones['1003'] ?? origins.agent, dialog: 'dialog-1003' }
  await invite(parts, '1003', 'conference', '1003')
  await answer(parts)
  await clientCalls(parts, 'other', '1003')
  await answer(parts)
  const headers: readonly HeaderLine[] = [['Refer-To', '<sip:1002@portico.test>']]
  await parts.tell(requestEvent('REFER', { ...facts, transaction: 'blind', headers }))
  t.equal(told(parts), 'SIP/2.0 486 Busy Here')
  await refer(parts, ofTalk)
  await answer(parts)
  await parts.tell(requestEvent('REFER', { ...facts, transaction: 'later', headers }))
  t.equal(told(parts), 'SIP/2.0 486 Busy Here')
  t.strictSame(guests(parts), ['client with 1002', 'client with 1003'])
})

t.test('the two talk on when the client cannot come, and it may be tried again', async t => {
  const parts = await scene()
  await consult(parts)
  await refer(parts, ofTalk)
  await answer(parts, 503)
  t.equal(told(parts), 'SIP/2.0 503 Service Unavailable')
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
  await refer(parts, ofTalk)
  await answer(parts)
  t.strictSame(guests(parts), ['client with 1002'])
})

t.test('every client of the agent goes along', async t => {
  const parts = await scene()
  await clientCalls(parts, 'second', '1001')
  await answer(parts)
  await consult(parts)
  await refer(parts, ofTalk)
  await answer(parts)
  await answer(parts)
  t.strictSame(guests(parts), ['client with 1002', 'client with 1002'])
})

t.test('a client at another door comes as well', async t => {
  const there = doorParts({ anchored: true })
  const parts = doorParts({
    anchored: true,
    give: async order => await there.door.order(order),
    elsewhere: () => there.sessions(),
  })
  for (const agent of ['1001', '1002']) {
    await invite(parts, agent, 'conference', agent)
    await answer(parts)
    there.pins.set(agent, 'ms-1')
  }
  await clientCalls(there, 'client', '1001')
  await answer(there)
  await consult(parts)
  await refer(parts, ofTalk)
  t.match(invites(there).at(-1)?.uri, /^sip:cli-1002@/)
  t.strictSame(guests(parts), ['1001 with 1002'])
  await answer(there)
  await parts.tell({ kind: 'flow-closed', flow: 'none' })
  t.equal(told(parts), 'SIP/2.0 200 OK')
  t.strictSame(guests(there), ['client with 1002'])
  t.strictSame(guests(parts), [])
})

t.test('an agent that hangs up everything after its REFER has handed its client over', async t => {
  const parts = await scene()
  await consult(parts)
  await refer(parts, ofTalk)
  for (const dialog of [`dialog-${talk}`, 'dialog-1001'])
    await parts.tell(requestEvent('BYE', { origin: origins.agent, dialog, transaction: `bye-${dialog}` }))
  await answer(parts)
  t.strictSame(guests(parts), ['client with 1002'])
})

t.test('an agent that is busy, away or consulted already cannot be called', async t => {
  const parts = await scene()
  await invite(parts, '1001', '1004', 'away')
  t.strictSame(parts.statuses('away'), [480])
  await invite(parts, '1002', '1001', 'busy')
  t.strictSame(parts.statuses('busy'), [486])
  await consult(parts)
  await invite(parts, '1003', 'conference', '1003')
  await answer(parts)
  await invite(parts, '1003', '1002', 'taken')
  t.strictSame(parts.statuses('taken'), [486])
  await invite(parts, '1001', '1003', 'second')
  t.strictSame(parts.statuses('second'), [486], 'one after the other')
  await invite(parts, '1002', '1003', 'free')
  await answer(parts)
  t.strictSame(parts.statuses('free'), [200], 'that refusal keeps nobody')
})

t.test('the other conference may be closed in this very moment', async t => {
  const parts = await scene()
  await invite(parts, '1001', '1002', talk)
  await answer(parts, 486)
  t.strictSame(parts.statuses(talk), [480])
  await consult(parts)
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
})

t.test('an agent that is not in its conference comes into it, whomever it calls', async t => {
  const parts = doorParts({ anchored: true })
  await invite(parts, '1001', '1002', '1001')
  t.match(invites(parts).at(-1)?.uri, /^sip:agt-1001@/)
})

t.test('by whatever connection it is reached, both of its calls are', async t => {
  const parts = await scene()
  await consult(parts)
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  await parts.tell(
    requestEvent('REGISTER', {
      origin: origins.agentAgain,
      headers: [
        ['From', '<sip:1001@portico.test>;tag=a'],
        ['To', '<sip:1001@portico.test>'],
        ['Contact', '<sip:x@agent.invalid>'],
        ['Call-ID', 'r'],
        ['CSeq', '1 REGISTER'],
        ['X-Agent', '1001'],
      ],
    }),
  )
  parts.clock.advance(60_000)
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
})

t.test('one whose connection does not come back is gone from the other conference, too', async t => {
  const parts = await scene()
  await consult(parts)
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  parts.clock.advance(60_000)
  t.strictSame(guests(parts).includes('1001 with 1002'), false)
})

const foreign: readonly (readonly [who: string, agent: string, dialog: string])[] = [
  ['a talk that is not its own', '1002', ofTalk],
  ['a dialog that nobody has', '1001', 'nobody;to-tag=x;from-tag=y'],
  ['its own leg', '1001', 'dialog-1001;to-tag=x;from-tag=y'],
  ['the talk under another tag', '1001', 'dialog-talk;to-tag=doors;from-tag=guessed'],
]
for (const [what, agent, dialog] of foreign)
  t.test(`a REFER that names ${what} moves nobody`, async t => {
    const parts = await scene()
    await consult(parts)
    const asked = invites(parts).length
    await refer(parts, dialog, { dialog: `dialog-${agent}`, origin: phones[agent] ?? origins.agent })
    t.equal(told(parts), 'SIP/2.0 481 Call/Transaction Does Not Exist')
    t.equal(invites(parts).length, asked)
    t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
  })

t.test('only the agent of a conference hands its clients over, in the dialog of its own leg', async t => {
  const parts = await scene()
  await consult(parts)
  await refer(parts, ofTalk, { dialog: `dialog-${talk}` })
  t.strictSame(parts.statuses('refer'), [403])
})

t.test('nobody speaks in that call but the one who made it', async t => {
  const parts = await scene()
  await consult(parts)
  for (const [name, origin, headers] of [
    [
      'another agent',
      origins.otherAgent,
      [
        ['From', '<sip:1002@portico.test>;tag=a'],
        ['X-Agent', '1002'],
      ],
    ],
    ['a carrier', origins.trunk, []],
    ['a media server', origins.server, []],
  ] as const)
    await parts
      .tell(requestEvent('BYE', { origin, dialog: `dialog-${talk}`, transaction: name, headers }))
      .then(() => t.strictSame(parts.statuses(name), [403]))
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
})

function names(dialog: string): HeaderLine {
  return ['Replaces', `${dialog};to-tag=x;from-tag=mine`]
}

t.test('an INVITE takes the place of nobody’s dialog', async t => {
  const parts = await scene()
  await consult(parts)
  const asked = invites(parts).length
  const client = requestEvent('INVITE', {
    origin: origins.trunk,
    transaction: 'carrier',
    uri: 'sip:1001@door',
    sdp: 'o=c',
    headers: [names('dialog-client')],
  })
  await parts.tell(client)
  const server = requestEvent('INVITE', {
    origin: origins.server,
    transaction: 'server',
    uri: 'sip:+4930123@door',
    sdp: 'o=c',
    headers: [['X-Portico-Agent', '1001'], names('dialog-client')],
  })
  await parts.tell(server)
  await invite(parts, '1002', 'conference', 'agent', [names('dialog-talk')])
  await invite(parts, '1002', 'conference', 'broken', [['Replaces', 'anything']])
  for (const [who, status] of [
    ['carrier', 481],
    ['server', 481],
    ['agent', 481],
    ['broken', 400],
  ] as const)
    t.strictSame(parts.statuses(who), [status], who)
  t.equal(invites(parts).length, asked)
  t.strictSame(guests(parts), ['client with 1001', '1001 with 1002'])
})

t.test('an agent may name the leg that its new one takes the place of', async t => {
  const parts = doorParts({ anchored: true })
  await invite(parts, '1001', 'conference', 'first;from-tag=mine')
  await answer(parts)
  await invite(parts, '1001', 'conference', 'again', [names('dialog-first')])
  await answer(parts)
  t.strictSame(parts.statuses('again'), [200])
  t.match(parts.records, [{ kind: 'agent', verdict: 'replaced' }])
})
