import t from 'tap'
import { mayEnter, type OlderLeg, type SecondSession } from '../../../../proxy/call/second-session.ts'
import type { Order, OrderOutcome } from '../../../../selector/store/store.ts'
import {
  doorParts,
  origins,
  requestEvent,
  responseEvent,
  type DoorParts,
} from '../../../support/door-parts.ts'

const here: OlderLeg = { isAway: false, flow: 'f-1' }
const away: OlderLeg = { isAway: true, flow: 'f-1' }
const own: OlderLeg = { isAway: false, flow: 'f-2' }
const cases: readonly (readonly [SecondSession, readonly OlderLeg[], boolean])[] = [
  ['replace', [], true],
  ['replace', [here], true],
  ['refuse', [], true],
  ['refuse', [away], true],
  ['refuse', [here], false],
  ['refuse', [away, here], false],
  ['refuse', [own], true],
  ['refuse', [{ isAway: false, flow: undefined }], false],
]
for (const [rule, older, may] of cases)
  t.test(`${rule}: ${JSON.stringify(older)} ${may ? 'lets the agent in' : 'keeps it out'}`, async t =>
    t.equal(mayEnter(rule, older, 'f-2'), may),
  )

const headers = [
  ['From', '<sip:1001@portico.test>;tag=a'],
  ['X-Agent', '1001'],
] as const

/** The agent calls from another page. */
async function call(parts: DoorParts, transaction: string): Promise<string> {
  const origin = transaction === 't1' ? origins.agent : origins.agentAgain
  await parts.tell(requestEvent('INVITE', { origin, transaction, headers, sdp: 'o=a' }))
  return parts.edge.requests.at(-1)?.transaction ?? ''
}

async function enter(parts: DoorParts, transaction: string, dialog: string): Promise<void> {
  await parts.tell(responseEvent(await call(parts, transaction), 200, dialog, 'o=b'))
}

/** The BYEs so far: to which dialog, and why. */
function byes({ edge }: DoorParts): readonly string[] {
  return edge.requests
    .filter(({ method }) => method === 'BYE')
    .map(({ dialog, headers: lines = [] }) => [dialog, ...lines.map(([name]) => name)].join(' '))
}

t.test('the newer leg replaces the older one, which ends once the newer is up', async t => {
  const parts = doorParts()
  await enter(parts, 't1', 'b1')
  const branch = await call(parts, 't2')
  t.strictSame(byes(parts), [], 'the conference is not left without its agent')
  await parts.tell(responseEvent(branch, 200, 'b2', 'o=b'))
  t.strictSame(byes(parts), ['dialog-t1 Reason', 'b1'])
  t.match(parts.edge.requests.find(({ dialog }) => dialog === 'dialog-t1')?.headers, [
    ['Reason', /elsewhere/],
  ])
  t.match(parts.records, [{ verdict: 'replaced', agent: '1001' }])
  t.equal(parts.door.calls.size, 1)
  t.ok(parts.pins.has('1001'), 'and clients find the agent')
})

t.test('a newer leg that comes to nothing leaves the older one alone', async t => {
  const parts = doorParts()
  await enter(parts, 't1', 'b1')
  await parts.tell(responseEvent(await call(parts, 't2'), 603))
  t.strictSame(byes(parts), [])
  t.equal(parts.door.calls.size, 1)
})

t.test('an older leg that is not up yet is refused when the newer one is', async t => {
  const parts = doorParts()
  const first = await call(parts, 't1')
  await enter(parts, 't2', 'b2')
  t.strictSame(parts.statuses('t1'), [486])
  t.strictSame(parts.edge.cancelled, [first])
  await parts.tell(responseEvent(first, 200, 'b1', 'o=b'))
  t.strictSame(byes(parts), ['b1'], 'what it still answers is ended')
  t.equal(parts.door.calls.size, 1)
})

t.test('where second sessions are refused, the newer leg hears why and the older one goes on', async t => {
  const parts = doorParts({ secondSession: 'refuse' })
  await enter(parts, 't1', 'b1')
  await call(parts, 't2')
  t.match(
    parts.edge.responses.filter(({ transaction }) => transaction === 't2'),
    [{ status: 486, reason: /elsewhere/ }],
  )
  t.strictSame(byes(parts), [])
})

t.test('a page that was loaded anew registers first, and is let in again even so', async t => {
  const parts = doorParts({ secondSession: 'refuse' })
  await enter(parts, 't1', 'b1')
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  const contact = ['Contact', '<sip:x@agent.invalid>'] as const
  const to = ['To', '<sip:1001@portico.test>'] as const
  const register = [...headers, to, contact, ['Call-ID', 'r'] as const, ['CSeq', '1 REGISTER'] as const]
  await parts.tell(
    requestEvent('REGISTER', { origin: origins.agentAgain, transaction: 'r', headers: register }),
  )
  t.strictSame(parts.statuses('r'), [200])
  await enter(parts, 't2', 'b2')
  t.strictSame(parts.statuses('t2'), [200])
  t.equal(parts.door.calls.size, 1)
})

t.test('a page that lost its connection is let in again even so', async t => {
  const parts = doorParts({ secondSession: 'refuse' })
  await enter(parts, 't1', 'b1')
  await parts.tell({ kind: 'flow-closed', flow: 'flow-1' })
  await enter(parts, 't2', 'b2')
  t.strictSame(byes(parts), ['dialog-t1 Reason', 'b1'])
})

/** A door whose agent 1001 has the leg `c-far` at another one, which gives `outcome`. */
function nextToAnother(
  secondSession: SecondSession,
  outcome: OrderOutcome | undefined | 'silent',
): { readonly parts: DoorParts; readonly orders: Order[] } {
  const orders: Order[] = []
  const parts = doorParts({
    secondSession,
    give: async order => {
      orders.push(order)
      return outcome === 'silent' ? await new Promise(() => undefined) : outcome
    },
  })
  parts.pins.set('1001', 'ms-1')
  return { parts, orders }
}

const order: Order = { kind: 'give-way', call: 'c0' }
const asked: Order = { ...order, flow: 'flow-1' }

t.test('a leg at another door gives way once the newer one is up here', async t => {
  const { parts, orders } = nextToAnother('replace', { kind: 'done', calls: ['c0'] })
  const branch = await call(parts, 't1')
  t.strictSame(orders, [])
  await parts.tell(responseEvent(branch, 200, 'b1', 'o=b'))
  t.strictSame(orders, [order])
})

t.test('another door is asked first where second sessions are refused', async t => {
  const busy = nextToAnother('refuse', { kind: 'refused', reason: 'in-session' })
  await call(busy.parts, 't1')
  t.strictSame([busy.orders, busy.parts.statuses('t1')], [[asked], [486]])
  const free = nextToAnother('refuse', { kind: 'done', calls: ['c0'] })
  await enter(free.parts, 't1', 'b1')
  t.strictSame([free.orders, free.parts.statuses('t1')], [[asked], [200]])
})

t.test('a door that says nothing within a second keeps nobody out', async t => {
  const { parts } = nextToAnother('refuse', 'silent')
  await call(parts, 't1')
  t.strictSame(parts.edge.requests, [])
  parts.clock.advance(1_000)
  await parts.tell({ kind: 'flow-closed', flow: 'nobody’s' })
  t.match(parts.edge.requests, [{ method: 'INVITE' }])
})

t.test('a door that is asked ends its leg, or refuses, by its own setting', async t => {
  for (const [secondSession, outcome] of [
    ['replace', 'done'],
    ['refuse', 'refused'],
  ] as const) {
    const parts = doorParts({ secondSession })
    await enter(parts, 't1', 'b1')
    const [session] = [...parts.door.calls.all()]
    const id = session?.call.id ?? ''
    t.match(await parts.door.order({ kind: 'give-way', call: id }), { kind: outcome })
    t.equal(parts.door.calls.size, outcome === 'done' ? 0 : 1)
    t.equal(await parts.door.order({ kind: 'give-way', call: 'unknown' }), undefined)
  }
})
