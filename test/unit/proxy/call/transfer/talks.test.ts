import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Order, OrderOutcome } from '../../../../../selector/store/store.ts'
import { doorParts, origins, requestEvent, type DoorParts } from '../../../../support/door-parts.ts'
import { answer, as, clientComes, enter, invites } from '../../../../support/door-scene.ts'

/** Two doors of a fleet: 1001 and its client are at the one. By the other it has called 1002, who came in there. */
interface Doors {
  readonly one: DoorParts
  readonly other: DoorParts
  readonly orders: readonly Order[]
  /** Whether the other door hears what it is told. */
  reach: 'all' | 'none' | 'no store'
}

const talk = 'talk;from-tag=mine'

async function scene(): Promise<Doors> {
  const orders: Order[] = []
  const give = async (order: Order): Promise<OrderOutcome | undefined> => {
    orders.push(order)
    if (doors.reach === 'no store') throw new Error('Redis is away')
    return (
      (await one.door.order(order)) ?? (doors.reach === 'none' ? undefined : await other.door.order(order))
    )
  }
  const other = doorParts({ anchored: true, give })
  const one = doorParts({ anchored: true, give, elsewhere: () => other.sessions() })
  const doors: Doors = { one, other, orders, reach: 'all' }
  await enter(one, '1001')
  await clientComes(one, 'client', '1001')
  await enter(other, '1002', origins.otherAgent)
  one.pins.set('1002', 'ms-1')
  other.pins.set('1001', 'ms-1')
  const uri = 'sip:1002@portico.test'
  await other.tell(
    requestEvent('INVITE', {
      origin: origins.agent,
      transaction: talk,
      uri,
      headers: as('1001'),
      sdp: 'o=agent',
    }),
  )
  await answer(other)
  return doors
}

/** 1001, or who else is named, wants its client to take the place of that dialog. */
async function refer(
  { one }: Doors,
  replaces: string,
  { dialog = 'dialog-1001', transaction = 'refer' } = {},
): Promise<void> {
  const headers: readonly HeaderLine[] = [
    ['CSeq', '2 REFER'],
    ['Refer-To', `<sip:door@198.51.100.1;transport=ws?Replaces=${encodeURIComponent(replaces)}>`],
  ]
  await one.tell(requestEvent('REFER', { origin: origins.agent, dialog, transaction, headers }))
}

const ofTalk = 'dialog-talk;to-tag=doors;from-tag=mine'

function told({ one }: Doors): string | undefined {
  return one.edge.requests.findLast(({ method }) => method === 'NOTIFY')?.body?.content.trim()
}

function guests({ door }: DoorParts): readonly string[] {
  return [...door.calls.all()].flatMap(({ call: { kind, agent, by } }) =>
    kind === 'agent' ? [] : [`${by ?? kind} with ${agent}`],
  )
}

t.test('a client takes the place of a talk at another door', async t => {
  const doors = await scene()
  const { one, other } = doors
  await refer(doors, ofTalk)
  t.match(invites(one).at(-1)?.uri, /^sip:cli-1002@/)
  t.strictSame(guests(other), ['1001 with 1002'], 'until the client is there the two talk on')
  await answer(one)
  t.equal(told(doors), 'SIP/2.0 200 OK')
  t.strictSame(guests(one), ['client with 1002'])
  t.strictSame(guests(other), [])
  t.match(other.records, [{ kind: 'consult', agent: '1002', by: '1001', verdict: 'replaced' }])
})

t.test('the two talk on there when the client cannot come', async t => {
  const doors = await scene()
  await refer(doors, ofTalk)
  await answer(doors.one, 503)
  t.equal(told(doors), 'SIP/2.0 503 Service Unavailable')
  t.strictSame(guests(doors.one), ['client with 1001'])
  t.strictSame(guests(doors.other), ['1001 with 1002'])
})

for (const [what, dialog] of [
  ['a dialog that nobody has', 'nobody;to-tag=x;from-tag=y'],
  ['the talk under another tag', 'dialog-talk;to-tag=doors;from-tag=guessed'],
  ['the other agent’s own leg', 'dialog-1002;to-tag=doors;from-tag=mine'],
] as const)
  t.test(`a REFER that names ${what} moves nobody`, async t => {
    const doors = await scene()
    await refer(doors, dialog)
    t.equal(told(doors), 'SIP/2.0 481 Call/Transaction Does Not Exist')
    t.strictSame(guests(doors.one), ['client with 1001'])
    t.strictSame(guests(doors.other), ['1001 with 1002'])
  })

t.test('nobody is asked for a talk that no door shows, or that is another agent’s', async t => {
  const doors = await scene()
  await doors.other.tell(
    requestEvent('BYE', { origin: origins.agent, dialog: `dialog-${talk}`, transaction: 'bye' }),
  )
  await refer(doors, ofTalk)
  t.equal(told(doors), 'SIP/2.0 481 Call/Transaction Does Not Exist')
  t.strictSame(doors.orders, [])
})

t.test('a door ends no call but a talk of the agent that is named', async t => {
  const { one, other } = await scene()
  const [leg = '', consult = ''] = [...other.door.calls.all()].map(({ call }) => call.id)
  for (const [call, by] of [
    [consult, '1002'],
    [leg, '1001'],
    [leg, '1002'],
  ] as const)
    t.strictSame(await other.door.order({ kind: 'replaced', call, by }), {
      kind: 'refused',
      reason: 'gone',
    })
  t.equal(await one.door.order({ kind: 'replaced', call: consult, by: '1001' }), undefined)
  t.strictSame(guests(other), ['1001 with 1002'])
})

t.test('doors that cannot be asked have no talk; one that cannot be told keeps it', async t => {
  for (const reach of ['none', 'no store'] as const) {
    const doors = await scene()
    doors.reach = reach
    await refer(doors, ofTalk)
    t.equal(told(doors), 'SIP/2.0 481 Call/Transaction Does Not Exist')
    doors.reach = 'all'
    await refer(doors, ofTalk, { transaction: 'again' })
    doors.reach = reach
    await answer(doors.one)
    t.equal(told(doors), 'SIP/2.0 200 OK', 'the client is there all the same')
    t.strictSame(guests(doors.one), ['client with 1002'])
    t.strictSame(guests(doors.other), ['1001 with 1002'])
  }
})
