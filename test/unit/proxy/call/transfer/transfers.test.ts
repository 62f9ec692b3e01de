import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Origin } from '../../../../../proxy/ports.ts'
import { doorParts, origins, requestEvent, type DoorParts } from '../../../../support/door-parts.ts'
import { answer, as, clientComes, enter, invites } from '../../../../support/door-scene.ts'

/** A door with 1001, who has a client of the trunk, and 1002, who waits. Their dialogs are `dialog-<who>`. */
async function scene(): Promise<DoorParts> {
  const parts = doorParts({ anchored: true })
  await enter(parts, '1001')
  await enter(parts, '1002', origins.otherAgent)
  await clientComes(parts, 'client', '1001')
  return parts
}

interface Facts {
  readonly origin?: Origin
  readonly dialog?: string
  readonly transaction?: string
  readonly headers?: readonly HeaderLine[]
}

async function refer(parts: DoorParts, target: string, facts: Facts = {}): Promise<void> {
  const { origin = origins.agent, dialog = 'dialog-1001', transaction = 'refer', headers = [] } = facts
  const lines: readonly HeaderLine[] = [['CSeq', '2 REFER'], ['Refer-To', `<${target}>`], ...headers]
  await parts.tell(requestEvent('REFER', { origin, dialog, transaction, headers: lines }))
}

/** What the agent was told, line by line. */
function told({ edge }: DoorParts): readonly string[] {
  return edge.requests.flatMap(({ method, dialog, body }) =>
    method === 'NOTIFY' ? [`${dialog} ${body?.content.trim()}`] : [],
  )
}

/** Which agent each client is with. */
function clients({ door }: DoorParts): readonly string[] {
  return [...door.calls.all()].flatMap(({ call: { kind, agent } }) => (kind === 'client' ? [agent] : []))
}

const trying = 'dialog-1001 SIP/2.0 100 Trying'

t.test(
  'an agent’s client is taken into the conference of another agent, and its carrier hears nothing',
  async t => {
    const parts = await scene()
    const before = parts.edge.requests.length
    await refer(parts, 'sip:1002@portico.test')
    t.strictSame(parts.statuses('refer'), [202])
    t.strictSame(told(parts), [trying])
    t.match(invites(parts).at(-1), { uri: 'sip:cli-1002@127.0.1.1:5060;transport=udp', side: 'inside' })
    await answer(parts)
    t.strictSame(told(parts), [trying, 'dialog-1001 SIP/2.0 200 OK'])
    t.match(
      parts.edge.requests.slice(before).map(({ method, dialog }) => `${method} ${dialog}`),
      ['NOTIFY dialog-1001', 'INVITE undefined', /^BYE to-.*-b1$/, 'NOTIFY dialog-1001'],
      'only the old leg to the media server is ended',
    )
    t.strictSame(clients(parts), ['1002'])
    await parts.tell(
      requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
    )
    t.match(parts.records, [
      { kind: 'client', agent: '1002', agents: ['1001', '1002'], verdict: 'caller-hung-up' },
    ])
  },
)

t.test('both agents stay, the one is free for the next client and the other is not', async t => {
  const parts = await scene()
  await refer(parts, 'sip:1002@portico.test')
  await answer(parts)
  await clientComes(parts, 'next', '1001')
  t.strictSame(clients(parts), ['1002', '1001'])
  await refer(parts, 'sip:1002@portico.test', { transaction: 'again' })
  t.strictSame(told(parts).slice(2), [trying, 'dialog-1001 SIP/2.0 486 Busy Here'])
  t.strictSame(clients(parts), ['1002', '1001'], 'two strangers are never brought together')
})

t.test('an agent that is nowhere cannot be given anybody', async t => {
  const parts = await scene()
  await refer(parts, 'sip:1003@portico.test')
  t.strictSame(told(parts), [trying, 'dialog-1001 SIP/2.0 480 Temporarily Unavailable'])
  t.strictSame(clients(parts), ['1001'])
})

t.test('an agent without a client has nobody to hand over', async t => {
  const parts = await scene()
  const facts = { origin: origins.otherAgent, dialog: 'dialog-1002' }
  await refer(parts, 'sip:1001@portico.test', facts)
  t.strictSame(told(parts).at(-1), 'dialog-1002 SIP/2.0 481 Call/Transaction Does Not Exist')
})

t.test(
  'a client stays with its agent when the other conference does not take it, and the other agent stays free',
  async t => {
    const parts = await scene()
    await refer(parts, 'sip:1002@portico.test')
    await answer(parts, 500)
    t.strictSame(told(parts), [trying, 'dialog-1001 SIP/2.0 503 Service Unavailable'])
    await refer(parts, 'sip:1002@portico.test', { transaction: 'just left' })
    await answer(parts, 486)
    t.strictSame(told(parts).slice(2), [trying, 'dialog-1001 SIP/2.0 480 Temporarily Unavailable'])
    t.strictSame(clients(parts), ['1001'])
    await refer(parts, 'sip:1002@portico.test', { transaction: 'again' })
    await answer(parts)
    t.strictSame(clients(parts), ['1002'])
  },
)

t.test('every client of the agent goes along', async t => {
  const parts = await scene()
  await clientComes(parts, 'second', '1001')
  await refer(parts, 'sip:1002@portico.test')
  await answer(parts)
  t.strictSame(told(parts), [trying], 'one after the other')
  await answer(parts)
  t.strictSame(told(parts).at(-1), 'dialog-1001 SIP/2.0 200 OK')
  t.strictSame(clients(parts), ['1002', '1002'])
})

t.test('one at a time; the next one after that is as good as the first', async t => {
  const parts = await scene()
  await refer(parts, 'sip:1002@portico.test')
  await refer(parts, 'sip:1002@portico.test', { transaction: 'hasty' })
  t.strictSame(parts.statuses('hasty'), [491])
  await answer(parts)
  await refer(parts, 'sip:1002@portico.test', { transaction: 'late' })
  t.strictSame(parts.statuses('late'), [202])
})

/** The legs towards the media server that were ended, by the place of their INVITE. */
function ended({ edge }: DoorParts): readonly string[] {
  return edge.requests.flatMap(({ method, dialog = '' }) =>
    method === 'BYE' && dialog.startsWith('to-') ? [dialog] : [],
  )
}

t.test('an agent that hangs up right after its REFER takes no client along', async t => {
  const parts = await scene()
  const [own = '', , client = ''] = invites(parts).map(({ transaction }) => `to-${transaction}`)
  await refer(parts, 'sip:1002@portico.test')
  await parts.tell(requestEvent('BYE', { origin: origins.agent, dialog: 'dialog-1001', transaction: 'bye' }))
  t.strictSame(parts.statuses('bye'), [200])
  t.strictSame(ended(parts), [], 'its leg keeps the conference until the client is elsewhere')
  t.notOk(parts.pins.has('1001'), 'and no new client comes there')
  await parts.tell(requestEvent('MESSAGE', { origin: origins.server, dialog: own, transaction: 'news' }))
  t.strictSame(parts.statuses('news'), [480])
  await answer(parts)
  t.strictSame(clients(parts), ['1002'])
  t.strictSame(ended(parts), [client, own])
  t.strictSame(told(parts), [trying], 'whoever is gone is told nothing')
  t.match(parts.records, [{ kind: 'agent', agent: '1001', verdict: 'caller-hung-up' }])
})

t.test('a transfer that fails after its agent hung up ends as the agent wanted', async t => {
  const parts = await scene()
  const own = `to-${invites(parts)[0]?.transaction}`
  await refer(parts, 'sip:1002@portico.test')
  await parts.tell({ kind: 'dialog-ended', dialog: 'dialog-1001', reason: 'no ACK' })
  t.strictSame(ended(parts), [])
  await answer(parts, 503)
  t.strictSame(ended(parts), [own])
  t.match(parts.records, [{ kind: 'agent', verdict: 'dialog-lost' }])
})

t.test('a client that hangs up on its way is gone, and the other agent is free again', async t => {
  const parts = await scene()
  await refer(parts, 'sip:1002@portico.test')
  await parts.tell(
    requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
  )
  t.strictSame(told(parts), [trying, 'dialog-1001 SIP/2.0 503 Service Unavailable'])
  await clientComes(parts, 'next', '1001')
  await refer(parts, 'sip:1002@portico.test', { transaction: 'again' })
  await answer(parts)
  t.strictSame(clients(parts), ['1002'])
})

const hostile: readonly (readonly [who: string, target: string, facts: Facts, status: number])[] = [
  [
    'another agent in its dialog',
    'sip:1002@portico.test',
    { origin: origins.otherAgent, headers: as('1002') },
    403,
  ],
  ['a connection that proved nothing', 'sip:1002@portico.test', { origin: origins.agentAgain }, 401],
  ['a carrier in the agent’s dialog', 'sip:1002@portico.test', { origin: origins.trunk }, 403],
  ['a carrier in its own', 'sip:1002@portico.test', { origin: origins.trunk, dialog: 'dialog-client' }, 403],
  ['an agent with a target outside', 'sip:1002@elsewhere.test', {}, 403],
  ['an agent with a media server as its target', 'sip:cli-1002@127.0.1.1', {}, 403],
  ['an agent with a number elsewhere', 'sip:+490190123456@elsewhere.test', {}, 403],
  ['a carrier with a number', 'tel:+490190123456', { origin: origins.trunk, dialog: 'dialog-client' }, 403],
  ['an agent with a huge target', `sip:${'x'.repeat(4000)}@portico.test`, {}, 400],
  ['anybody in a dialog that is not there', 'sip:1002@portico.test', { dialog: 'unknown' }, 481],
]
for (const [who, target, facts, status] of hostile)
  t.test(`a REFER of ${who} is refused with ${status}, and nobody is moved`, async t => {
    const parts = await scene()
    const before = parts.edge.requests.length
    await refer(parts, target, facts)
    t.strictSame(parts.statuses('refer'), [status])
    t.equal(parts.edge.requests.length, before)
    t.strictSame(clients(parts), ['1001'])
  })

t.test('a REFER outside of every call is refused', async t => {
  const parts = await scene()
  const headers = [...as('1001'), ['Refer-To', '<sip:1002@portico.test>']] as const
  await parts.tell(requestEvent('REFER', { origin: origins.agent, transaction: 'out', headers }))
  t.strictSame(parts.statuses('out'), [405])
})
