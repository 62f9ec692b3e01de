import t from 'tap'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import type { Order, OrderOutcome } from '../../../../../selector/store/store.ts'
import { doorParts, origins, requestEvent, type DoorParts } from '../../../../support/door-parts.ts'
import { answer, clientComes, enter } from '../../../../support/door-scene.ts'
import { trunkOf, trunkPeer } from '../../../../support/trunks.ts'

const pstn = trunkOf({ id: 'pstn', addresses: ['127.0.4.0/24'], peers: [trunkPeer('192.0.2.10')] })

/** Two doors of a fleet: 1001 is at the one, its client has come in by the other. */
interface Doors {
  readonly agents: DoorParts
  readonly clients: DoorParts
  readonly orders: readonly Order[]
  /** The other door is gone, or back. */
  isGone: boolean
}

async function scene(policy = {}): Promise<Doors> {
  const orders: Order[] = []
  const give = async (order: Order): Promise<OrderOutcome | undefined> => {
    orders.push(order)
    const here = await agents.door.order(order)
    return here ?? (doors.isGone ? undefined : await clients.door.order(order))
  }
  const clients = doorParts({ anchored: true, others: [pstn], policy, give })
  const elsewhere = (): ReturnType<DoorParts['sessions']> => clients.sessions()
  const agents = doorParts({ anchored: true, others: [pstn], policy, give, elsewhere })
  const doors: Doors = { agents, clients, orders, isGone: false }
  await enter(agents, '1001')
  clients.pins.set('1001', 'ms-1')
  await clientComes(clients, 'client', '1001')
  return doors
}

async function refer({ agents }: Doors, target = 'tel:+4930123', transaction = 'refer'): Promise<void> {
  const headers: readonly HeaderLine[] = [
    ['CSeq', '2 REFER'],
    ['Refer-To', `<${target}>`],
  ]
  await agents.tell(
    requestEvent('REFER', { origin: origins.agent, dialog: 'dialog-1001', transaction, headers }),
  )
}

/** What the agent was told last. */
function told({ agents }: Doors): string | undefined {
  return agents.edge.requests.findLast(({ method }) => method === 'NOTIFY')?.body?.content.trim()
}

function kinds({ clients }: Doors): readonly string[] {
  return [...clients.door.calls.all()].map(({ call }) => call.kind)
}

t.test('a client at another door is connected to a number there, for as long as that may ring', async t => {
  const doors = await scene()
  await refer(doors)
  t.match(doors.clients.edge.requests.at(-1), { uri: 'sip:+4930123@192.0.2.10:5060;transport=udp' })
  t.equal(told(doors), 'SIP/2.0 100 Trying')
  await answer(doors.clients, 180)
  for (const { clock } of [doors.agents, doors.clients]) clock.advance(120_000)
  t.equal(told(doors), 'SIP/2.0 100 Trying')
  await answer(doors.clients)
  t.equal(told(doors), 'SIP/2.0 200 OK')
  t.strictSame(kinds(doors), ['transit'])
  t.strictSame(
    doors.orders.map(({ kind }) => kind),
    ['hand-out', 'handed-out'],
  )
})

t.test('what the number says, or the rules for it, is told to the agent', async t => {
  const busy = await scene()
  await refer(busy)
  await answer(busy.clients, 486)
  t.equal(told(busy), 'SIP/2.0 486 Busy Here')
  t.strictSame(kinds(busy), ['client'])
  const forbidden = await scene({ prefixes: ['+1'] })
  await refer(forbidden)
  t.equal(told(forbidden), 'SIP/2.0 403 Forbidden')
  t.strictSame(kinds(forbidden), ['client'])
})

t.test('a client that hangs up while it rings there is told of as gone', async t => {
  const doors = await scene()
  await refer(doors)
  await doors.clients.tell(
    requestEvent('BYE', { origin: origins.trunk, dialog: 'dialog-client', transaction: 'bye' }),
  )
  t.not(told(doors), 'SIP/2.0 100 Trying')
  t.not(told(doors), 'SIP/2.0 200 OK')
})

t.test('a client of somebody else is connected to nobody, whoever asks', async t => {
  const doors = await scene()
  const asked = doors.clients.edge.requests.length
  const call = [...doors.clients.door.calls.all()][0]?.call.id ?? ''
  const order = { kind: 'hand-out', call, from: '1002', number: '+4930123', wish: 'w' } as const
  t.match(await doors.clients.door.order(order), { kind: 'done' })
  t.match(doors.orders.at(-1), { kind: 'handed-out', wish: 'w', status: 481 })
  t.equal(doors.clients.edge.requests.length, asked)
  t.equal(await doors.clients.door.order({ ...order, call: 'another' }), undefined)
  t.equal(await doors.clients.door.order({ kind: 'handed-out', wish: 'unknown', status: 200 }), undefined)
})

t.test('a door that dies takes the wish along, and the agent may want something else', async t => {
  const doors = await scene()
  doors.isGone = true
  await refer(doors)
  t.equal(told(doors), 'SIP/2.0 481 Call/Transaction Does Not Exist')
  doors.isGone = false
  await refer(doors, 'tel:+4930123', 'again')
  doors.agents.clock.advance(400_001)
  await doors.agents.tell({ kind: 'flow-closed', flow: 'none' })
  t.equal(told(doors), 'SIP/2.0 504 Server Time-out')
})
