import t from 'tap'
import {
  afterEvent,
  emptyRoom,
  othersIn,
  readConferenceEvent,
  type ConferenceEvent,
} from '../../../../softphone/phone/conference.ts'

const type = 'application/x-asterisk-confbridge-event+json'

function body(event: string, ...ids: readonly unknown[]): string {
  const bridge = { id: 'b-1', name: 'agt-1001' }
  return JSON.stringify({
    type: event,
    timestamp: '2026-01-01T00:00:00Z',
    bridge,
    channels: ids.map(id => ({ id })),
  })
}

const readings: readonly [name: string, ConferenceEvent | undefined, type: string, body: string][] = [
  ['a join names who joined', { kind: 'joined', member: 'c-2' }, type, body('ConfbridgeJoin', 'c-2')],
  ['a leave names who left', { kind: 'left', member: 'c-2' }, type, body('ConfbridgeLeave', 'c-2')],
  [
    'a welcome lists all',
    { kind: 'welcome', members: ['a', 'b'] },
    type,
    body('ConfbridgeWelcome', 'a', 'b'),
  ],
  [
    'parameters of the type do not matter',
    { kind: 'joined', member: 'c' },
    `${type};charset=utf-8`,
    body('ConfbridgeJoin', 'c'),
  ],
  ['other events are not read', undefined, type, body('ConfbridgeTalking', 'c-2')],
  ['another type is not read', undefined, 'text/plain', body('ConfbridgeJoin', 'c-2')],
  ['what is no JSON is not read', undefined, type, '{'],
  ['a join of nobody is not read', undefined, type, body('ConfbridgeJoin')],
  ['an id that is no text is not read', undefined, type, body('ConfbridgeJoin', 7)],
  ['an id without end is not read', undefined, type, body('ConfbridgeJoin', 'x'.repeat(129))],
  ['a body without end is not read', undefined, type, body('ConfbridgeJoin', 'c') + ' '.repeat(65_536)],
]
for (const [name, expected, contentType, text] of readings) {
  t.test(name, async t => t.strictSame(readConferenceEvent(contentType, text), expected))
}

const join = (member: string): ConferenceEvent => ({ kind: 'joined', member })
const leave = (member: string): ConferenceEvent => ({ kind: 'left', member })
const rooms: readonly [name: string, others: number, events: readonly ConferenceEvent[]][] = [
  ['a room of which nothing was told is empty', 0, []],
  ['who joined is there', 1, [join('c')]],
  ['who joined twice is there once', 1, [join('c'), join('c')]],
  ['who left is gone', 1, [join('c'), join('d'), leave('c')]],
  ['who was never there cannot leave', 1, [join('c'), leave('e')]],
  ['a welcome counts the agent, who is no other', 0, [{ kind: 'welcome', members: ['self'] }]],
  [
    'a welcome replaces what was known',
    1,
    [join('c'), join('d'), { kind: 'welcome', members: ['self', 'd'] }],
  ],
]
for (const [name, others, events] of rooms) {
  t.test(name, async t => t.equal(othersIn(events.reduce(afterEvent, emptyRoom)), others))
}

t.test('a room remembers at most 64 members', async t => {
  const events = Array.from({ length: 100 }, (_, index) => join(`c-${index}`))
  t.equal(othersIn(events.reduce(afterEvent, emptyRoom)), 64)
})
