import * as fc from 'fast-check'
import t from 'tap'
import {
  differences,
  emptyRoster,
  isOdd,
  joinedCalls,
  loadOf,
  rosterStep,
  tombstoneMs,
  type ChannelEvent,
  type Role,
  type Roster,
  type RosterEvent,
  type SeenChannel,
} from '../../../../selector/ami/roster.ts'
import { rosterEventOf, snapshotOf } from '../../../../selector/ami/roster-events.ts'

const seen = (channel: string, role: Role, agent: string): SeenChannel => ({
  channel,
  leg: { conference: `agt-${agent}`, role, call: `call-${channel}` },
})
const joined = (channel: string, role: Role, agent: string): ChannelEvent => ({
  kind: 'joined',
  ...seen(channel, role, agent),
})
const left = (channel: string): ChannelEvent => ({ kind: 'left', channel })
const hungUp = (channel: string): ChannelEvent => ({ kind: 'hung-up', channel })
const snapshot = (...channels: SeenChannel[]): RosterEvent => ({ kind: 'snapshot', channels })
const after = (...events: RosterEvent[]): Roster =>
  events.reduce((roster, event) => rosterStep(roster, event, 0), emptyRoster)

/** Waiting agents, agents in call, client legs, channels, conferences. */
const cases: readonly [
  name: string,
  events: RosterEvent[],
  load: [number, number, number, number, number],
][] = [
  ['nobody is there at first', [], [0, 0, 0, 0, 0]],
  ['an agent alone waits', [joined('1', 'agent', 'a')], [1, 0, 0, 1, 1]],
  [
    'an agent with a client is in call',
    [joined('1', 'agent', 'a'), joined('2', 'client', 'a')],
    [0, 1, 1, 2, 1],
  ],
  [
    'two clients of one agent are one call',
    [joined('1', 'agent', 'a'), joined('2', 'client', 'a'), joined('3', 'client', 'a')],
    [0, 1, 2, 3, 1],
  ],
  [
    'a client elsewhere puts nobody in call',
    [joined('1', 'agent', 'a'), joined('2', 'client', 'b')],
    [1, 0, 1, 2, 2],
  ],
  [
    'two legs of one agent count once',
    [joined('1', 'agent', 'a'), joined('2', 'agent', 'a')],
    [1, 0, 0, 2, 1],
  ],
  [
    'the same join twice counts once',
    [joined('1', 'agent', 'a'), joined('1', 'agent', 'a')],
    [1, 0, 0, 1, 1],
  ],
  [
    'an agent waits again when the client has left',
    [joined('1', 'agent', 'a'), joined('2', 'client', 'a'), left('2')],
    [1, 0, 0, 2, 1],
  ],
  ['a hangup without a leave is enough', [joined('1', 'agent', 'a'), hungUp('1')], [0, 0, 0, 0, 0]],
  [
    'a join that its hangup overtook counts nothing',
    [hungUp('1'), joined('1', 'agent', 'a')],
    [0, 0, 0, 0, 0],
  ],
  [
    'a supervisor counts as a channel',
    [joined('1', 'agent', 'a'), { kind: 'joined', channel: '9' }],
    [1, 0, 0, 2, 1],
  ],
  [
    'a snapshot replaces all',
    [joined('1', 'agent', 'a'), snapshot(seen('2', 'agent', 'b'), seen('3', 'client', 'b'))],
    [0, 1, 1, 2, 1],
  ],
  ['a snapshot revives nobody', [hungUp('1'), snapshot(seen('1', 'agent', 'a'))], [0, 0, 0, 0, 0]],
  ['a leave of somebody unknown changes nothing', [left('1'), hungUp('2')], [0, 0, 0, 0, 0]],
]
for (const [name, events, [waiting, inCall, clients, channels, conferences]] of cases) {
  t.test(name, async t => {
    t.strictSame(loadOf(after(...events)), { waiting, inCall, clients, channels, conferences })
  })
}

const odd: readonly (readonly [name: string, roster: Roster, event: ChannelEvent, isOdd: boolean])[] = [
  ['a join', emptyRoster, joined('1', 'agent', 'a'), false],
  ['a second join', after(joined('1', 'agent', 'a')), joined('1', 'agent', 'a'), true],
  ['a leave', after(joined('1', 'agent', 'a')), left('1'), false],
  ['a leave without a join', emptyRoster, left('1'), true],
  ['a leave that its hangup overtook', after(joined('1', 'agent', 'a'), hungUp('1')), left('1'), false],
  ['a hangup outside of a conference', emptyRoster, hungUp('1'), false],
  ['a second hangup', after(hungUp('1')), hungUp('1'), true],
]
for (const [name, roster, event, is] of odd) {
  t.test(`${name} ${is ? 'tells that events were lost or doubled' : 'is as it should be'}`, async t => {
    t.equal(isOdd(roster, event), is)
  })
}

t.test('two rosters differ by the channels whose leg is not the same or that are gone', async t => {
  const before = after(joined('1', 'agent', 'a'), joined('2', 'client', 'a'), joined('3', 'client', 'b'))
  const later = after(joined('1', 'agent', 'a'), joined('2', 'client', 'b'), joined('4', 'client', 'b'))
  t.strictSame(differences(before, later), ['2', '3', '4'])
  t.strictSame(differences(before, before), [])
  const ringing = after(joined('1', 'agent', 'a'), { kind: 'joined', channel: '9' })
  t.strictSame(differences(after(joined('1', 'agent', 'a')), ringing), [], 'no event tells that one rings')
  t.strictSame(differences(ringing, after(joined('1', 'agent', 'a'))), ['9'])
})

t.test('a channel that hung up is remembered for a minute', async t => {
  const gone = rosterStep(emptyRoster, hungUp('1'), 0)
  const later = rosterStep(gone, hungUp('2'), tombstoneMs)
  t.strictSame([...later.gone.keys()], ['2'])
})

t.test('calls that joined are told once', async t => {
  const one = after(joined('1', 'agent', 'a'))
  const two = rosterStep(one, joined('2', 'client', 'a'), 0)
  t.strictSame(joinedCalls(emptyRoster, one), ['call-1'])
  t.strictSame(joinedCalls(one, two), ['call-2'])
  t.strictSame(joinedCalls(two, rosterStep(two, joined('2', 'client', 'a'), 5)), [])
})

t.test('a call whose first leg is about to hang up is told again when its second one joins', async t => {
  const call = { conference: 'a', role: 'agent', call: 'c' } as const
  const first = after({ kind: 'joined', channel: '1', leg: call })
  t.strictSame(joinedCalls(first, rosterStep(first, { kind: 'joined', channel: '2', leg: call }, 0)), ['c'])
})

t.test('whatever was lost, doubled or shuffled, one snapshot is the truth', async t => {
  const channel = fc.constantFrom('1', '2', '3', '4', '5')
  const truth = fc.uniqueArray(
    fc.tuple(channel, fc.constantFrom<Role>('agent', 'client'), fc.constantFrom('a', 'b')),
    {
      selector: ([id]) => id,
    },
  )
  const noise = fc.array(
    fc.oneof(
      fc
        .tuple(channel, fc.constantFrom<Role>('agent', 'client'), fc.constantFrom('a', 'b'))
        .map(row => joined(...row)),
      channel.map(left),
    ),
  )
  fc.assert(
    fc.property(noise, truth, (events, rows) => {
      const list = snapshot(...rows.map(row => seen(...row)))
      const expected = loadOf(after(list))
      const found = loadOf(after(...events, list))
      return JSON.stringify(found) === JSON.stringify(expected)
    }),
  )
  t.pass()
})

const message = (fields: Record<string, string>) => new Map(Object.entries(fields))

t.test('reads joins, leaves and hangups of Asterisk', async t => {
  const join = {
    event: 'ConfbridgeJoin',
    uniqueid: 'ms-a-1.0',
    conference: 'AGT-1',
    accountcode: 'agent:c-1',
  }
  t.strictSame(rosterEventOf(message(join)), {
    kind: 'joined',
    channel: 'ms-a-1.0',
    leg: { conference: 'agt-1', role: 'agent', call: 'c-1' },
  })
  t.strictSame(rosterEventOf(message({ ...join, event: 'ConfbridgeLeave' })), {
    kind: 'left',
    channel: 'ms-a-1.0',
  })
  t.strictSame(rosterEventOf(message({ ...join, event: 'Hangup' })), { kind: 'hung-up', channel: 'ms-a-1.0' })
  t.equal(rosterEventOf(message({ ...join, event: 'Newstate' })), undefined)
  t.equal(rosterEventOf(message({ event: 'ConfbridgeJoin' })), undefined)
})

for (const [account, leg] of [
  ['client:c-2', { conference: 'agt-1', role: 'client', call: 'c-2' }],
  ['client:', { conference: 'agt-1', role: 'client' }],
  ['agent', { conference: 'agt-1', role: 'agent' }],
  ['agents', undefined],
  [`agent:${'x'.repeat(41)}`, undefined],
  ['', undefined],
] as const) {
  t.test(`account code "${account.slice(0, 12)}" marks ${leg ? leg.role : 'nobody'}`, async t => {
    const item = message({
      uniqueid: '7',
      application: 'ConfBridge',
      applicationdata: 'agt-1,callcentre,x',
      accountcode: account,
    })
    t.strictSame(snapshotOf([item]), {
      kind: 'snapshot',
      channels: [leg ? { channel: '7', leg } : { channel: '7' }],
    })
  })
}

t.test('a channel outside a conference is a channel', async t => {
  const item = message({
    uniqueid: '7',
    application: 'Dial',
    applicationdata: 'agt-1',
    accountcode: 'agent:c',
  })
  t.strictSame(snapshotOf([item, message({ application: 'ConfBridge' })]), {
    kind: 'snapshot',
    channels: [{ channel: '7' }],
  })
})
