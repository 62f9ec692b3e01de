import t from 'tap'
import type { CallEvent, CallState } from '../../../../proxy/call/call.ts'
import { initial, step } from '../../../../proxy/call/call-state.ts'
import { agentCall, answering, late, ms2, onMs1, onMs2, trying, up } from './fixtures.ts'

const sdp = { type: 'application/sdp', content: 'm=audio 9 RTP/AVP 8' } as const
const move = {
  place: onMs2,
  leg: 'b',
  isLost: false,
  isAlone: false,
  branch: 'c1-b2',
  offered: 'o=x',
  dialog: 'd-new',
  answered: 'o=y',
} as const

const talk = { kind: 'talk', dialog: 'd-talk', told: 'o=z' } as const

const states: Readonly<Record<string, CallState>> = {
  placing: initial,
  offering: { kind: 'offering', place: onMs1, branch: 'c1-b1', tried: ['ms-1'], rehomed: false },
  trying,
  answering,
  late,
  waiting: { ...late, stage: 'waiting' },
  up,
  referring: { ...up, transfer: { transaction: 't0', cseq: 2, isSilent: false } },
  left: { ...up, transfer: { transaction: 't0', cseq: 2, isSilent: false, left: 'caller-hung-up' } },
  ready: { ...up, sent: 2, move: { ...move, stage: 'ready' } },
  meeting: { ...up, sent: 2, move: { ...move, place: talk, dialog: '', stage: 'asking' } },
  lending: { ...up, sent: 2, loan: { stage: 'asking', name: 'c1-l2', offered: 'o=x' } },
  lent: { ...up, sent: 2, loan: { stage: 'lent', name: 'c1-l2', offered: 'o=x', left: 'caller-hung-up' } },
  over: { kind: 'over', verdict: 'refused' },
  anchoring: {
    ...up,
    sent: 2,
    anchor: { media: 'c1-m2', stage: 'asking', asked: 1, offered: 'o=x', heard: '', told: '' },
  },
}

function request(leg: 'a' | 'b', method: string): CallEvent {
  return { kind: 'request', leg, dialog: `d-${leg}`, transaction: 't1', method, headers: [], body: sdp }
}

const events: Readonly<Record<string, CallEvent>> = {
  placed: { kind: 'placed', server: ms2 },
  'not-placed': { kind: 'not-placed', retryAfterSec: 3 },
  'media-offered': { kind: 'media-offered', key: 'c1-b1', sdp: 'o=x' },
  'media-answered': { kind: 'media-answered', key: 'c1-b1', sdp: 'o=x' },
  'media-failed': { kind: 'media-failed', key: 'c1-b1' },
  '180': { kind: 'response', transaction: 'c1-b1', status: 180, local: false },
  '200': { kind: 'response', transaction: 'c1-b1', status: 200, local: false, dialog: 'd-b', body: sdp },
  '503': { kind: 'response', transaction: 'c1-b1', status: 503, local: false },
  INVITE: request('a', 'INVITE'),
  INFO: request('a', 'INFO'),
  REFER: request('a', 'REFER'),
  UPDATE: request('a', 'UPDATE'),
  'BYE of a': request('a', 'BYE'),
  'BYE of b': request('b', 'BYE'),
  acked: { kind: 'acked', leg: 'a', body: sdp },
  cancelled: { kind: 'cancelled' },
  'dialog-ended of a': { kind: 'dialog-ended', leg: 'a', dialog: 'd-a' },
  'dialog-ended of b': { kind: 'dialog-ended', leg: 'b', dialog: 'd-b' },
  'timer try': { kind: 'timer', timer: 'try' },
  'timer ring': { kind: 'timer', timer: 'ring' },
  'timer loan': { kind: 'timer', timer: 'loan' },
  'timer flow': { kind: 'timer', timer: 'flow' },
  'flow-closed': { kind: 'flow-closed' },
  'flow-back': { kind: 'flow-back' },
  'media-lost': { kind: 'media-lost', media: 'c1-b1' },
  'server-lost': { kind: 'server-lost' },
  'hang-up': { kind: 'hang-up' },
  replaced: { kind: 'replaced' },
  move: { kind: 'move', place: onMs2, isLost: false },
  switch: { kind: 'switch' },
  stay: { kind: 'stay' },
  accepted: { kind: 'accepted', sdp: 'o=x' },
  lend: { kind: 'lend', sdp: 'o=x' },
  'take-back': { kind: 'take-back' },
  given: { kind: 'given' },
  transferred: { kind: 'transferred', status: 200 },
  tell: { kind: 'tell', transaction: 't2', body: { type: 'application/json', content: '{}' } },
}

/** What becomes of each state (across) with each event (down). `.` nothing at all; `=` it stays, and something is done. */
const table = `
event             | placing   | offering  | trying    | answering | late      | waiting   | up        | referring | left      | ready     | meeting   | lending   | lent      | over      | anchoring
180               | .         | .         | =         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
200               | =         | =         | answering | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =
503               | .         | .         | placing   | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
BYE of a          | over      | over      | over      | over      | over      | over      | over      | =         | over      | over      | over      | =         | over      | =         | over
BYE of b          | =         | =         | =         | over      | over      | over      | over      | over      | over      | =         | over      | over      | over      | =         | over
INFO              | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =
INVITE            | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =
REFER             | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =
UPDATE            | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =         | =
accepted          | .         | .         | .         | .         | .         | .         | =         | =         | =         | .         | =         | =         | =         | .         | =
acked             | .         | .         | .         | .         | .         | =         | .         | .         | .         | .         | .         | .         | .         | .         | .
cancelled         | over      | over      | over      | over      | over      | over      | .         | .         | .         | .         | .         | .         | .         | .         | .
dialog-ended of a | .         | .         | .         | over      | over      | over      | over      | =         | over      | over      | over      | =         | over      | .         | over
dialog-ended of b | .         | .         | .         | over      | over      | over      | over      | over      | over      | =         | over      | over      | over      | .         | over
flow-back         | .         | .         | .         | .         | .         | .         | =         | =         | =         | =         | =         | =         | =         | .         | =
flow-closed       | .         | .         | .         | .         | .         | .         | =         | =         | =         | =         | =         | =         | =         | .         | =
given             | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | over      | .         | .
hang-up           | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | .         | over
lend              | .         | .         | .         | .         | .         | .         | =         | =         | =         | =         | =         | =         | =         | .         | =
media-answered    | .         | .         | .         | up        | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
media-failed      | .         | over      | .         | offering  | over      | over      | .         | .         | .         | .         | .         | .         | .         | .         | .
media-lost        | .         | .         | .         | .         | .         | .         | =         | =         | .         | =         | =         | .         | .         | .         | .
media-offered     | .         | trying    | .         | .         | =         | .         | .         | .         | .         | .         | .         | .         | .         | =         | .
move              | .         | .         | .         | .         | .         | .         | =         | =         | =         | =         | =         | =         | =         | .         | =
not-placed        | over      | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
placed            | offering  | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | =         | .
replaced          | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | .         | over
server-lost       | .         | .         | placing   | over      | over      | over      | over      | over      | over      | over      | over      | over      | over      | .         | over
stay              | .         | .         | .         | .         | .         | .         | .         | .         | .         | =         | =         | .         | .         | .         | .
switch            | .         | .         | .         | .         | .         | .         | .         | .         | .         | =         | .         | .         | .         | .         | .
take-back         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | over      | .         | .
tell              | .         | .         | .         | .         | .         | .         | =         | =         | .         | =         | =         | =         | =         | .         | =
timer flow        | .         | .         | .         | .         | .         | .         | over      | =         | over      | over      | over      | =         | over      | .         | over
timer loan        | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | =         | =         | .         | .
timer ring        | .         | .         | over      | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
timer try         | .         | .         | placing   | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .         | .
transferred       | .         | .         | .         | .         | .         | .         | .         | =         | over      | .         | .         | .         | .         | .         | .
`

const [head = '', ...rows] = table.trim().split('\n')
const across = head
  .split('|')
  .slice(1)
  .map(name => name.trim())

for (const row of rows) {
  const [event = '', ...outcomes] = row.split('|').map(cell => cell.trim())
  t.test(`${event}, in every state`, async t => {
    for (const [index, outcome] of outcomes.entries())
      t.equal(outcomeOf(across[index] ?? '', event), outcome, `${across[index]}`)
  })
}

t.test('the table knows every state and every event', async t => {
  t.strictSame(across, Object.keys(states))
  t.strictSame(new Set(rows.map(row => row.split('|')[0]?.trim())), new Set(Object.keys(events)))
})

function outcomeOf(name: string, event: string): string {
  const [before, happening] = [states[name], events[event]]
  if (!before || !happening) throw new Error(`the table names ${name} or ${event}, which there is not`)
  const [after, ...effects] = step(agentCall, before, happening)
  if (after === before && effects.length === 0) return '.'
  return after.kind === before.kind ? '=' : after.kind
}
