import t from 'tap'
import type { CallEvent, Effect, Relay, Up } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import type { Move, MoveOutcome } from '../../../../proxy/call/move.ts'
import { agentCall, clientCall, dialOut, ms2, onMs2, up } from './fixtures.ts'

const sdp = (content: string) => ({ type: 'application/sdp', content }) as const
const begin = { kind: 'move', place: onMs2, isLost: false } as const
const browser = { tag: 'a', side: 'browser', source: '198.51.100.7' } as const
const there = { tag: 'c1-b2', side: 'server' } as const
const move: Move = {
  place: onMs2,
  leg: 'b',
  isLost: false,
  isAlone: false,
  branch: 'c1-b2',
  stage: 'asking',
  offered: 'o=for-ms2',
  dialog: '',
  answered: '',
}
const asking: Up = { ...up, sent: 2, move }
const ready: Up = { ...up, sent: 2, move: { ...move, stage: 'ready', dialog: 'd-new', answered: 'o=ms2' } }

const stopTimer: Effect = { kind: 'stop-timer', timer: 'move' }
const dropNew: Effect = { kind: 'drop-media', media: 'c1-b1', tag: 'c1-b2' }
const told = (outcome: MoveOutcome): Effect => ({ kind: 'move-told', outcome })

function reply(status: number, more: object = {}): CallEvent {
  return { kind: 'response', transaction: 'c1-b2', status, local: false, ...more }
}

t.test('the new server is offered what the agent said last, beside the old one', async t => {
  const [state, ...effects] = step(agentCall, up, begin)
  t.match(state, { kind: 'up', server: { id: 'ms-1' }, move: { stage: 'offering' } })
  t.strictSame(effects, [
    { kind: 'invite', key: 'c1-b2', exchange: { call: 'c1-b1', from: browser, to: there, sdp: 'o=a' } },
  ])
  const [, ...dialled] = step(agentCall, state, { kind: 'media-offered', key: 'c1-b2', sdp: 'o=for-ms2' })
  t.strictSame(dialled, [
    { kind: 'dial', place: onMs2, branch: 'c1-b2', sdp: 'o=for-ms2' },
    { kind: 'start-timer', timer: 'move', ms: 2000 },
  ])
})

t.test('a server that has accepted waits for the switch', async t => {
  const [state, ...effects] = step(agentCall, asking, reply(200, { dialog: 'd-new', body: sdp('o=ms2') }))
  t.strictSame(state, ready)
  t.strictSame(effects, [
    stopTimer,
    { kind: 'ack', dialog: 'd-new' },
    { kind: 'judge', place: onMs2, outcome: 'succeeded' },
    told('ready'),
  ])
})

t.test(
  'its answer switches the media; then the old leg is closed, and the agent waits elsewhere',
  async t => {
    const [switching, ...effects] = step(agentCall, ready, { kind: 'switch' })
    t.strictSame(effects, [
      { kind: 'answer', key: 'c1-b2', exchange: { call: 'c1-b1', from: there, to: browser, sdp: 'o=ms2' } },
    ])
    const [after, ...done] = step(agentCall, switching, {
      kind: 'media-answered',
      key: 'c1-b2',
      sdp: 'o=same',
    })
    // Its clients at other doors are kept until they come after it.
    t.strictSame(done, [
      { kind: 'bye', dialog: 'd-b', reason: 'Q.850;cause=31;text="agent moved"' },
      { kind: 'drop-media', media: 'c1-b1', tag: 'c1-b1' },
      { kind: 'settle', server: 'ms-2' },
      told('moved'),
    ])
    t.strictSame(after, {
      ...up,
      server: ms2,
      legs: { a: up.legs.a, b: { dialog: 'd-new', tag: 'c1-b2', heard: 'o=ms2', told: 'o=for-ms2' } },
      sent: 2,
      former: ['d-b'],
    })
  },
)

t.test('nothing is ever sent to the agent', async t => {
  let state = step(agentCall, up, begin)[0]
  const events: readonly CallEvent[] = [
    { kind: 'media-offered', key: 'c1-b2', sdp: 'o=x' },
    reply(180),
    reply(200, { dialog: 'd-new', body: sdp('o=ms2') }),
    { kind: 'switch' },
    { kind: 'media-answered', key: 'c1-b2', sdp: 'o=x' },
  ]
  for (const event of events) {
    const [after, ...effects] = step(agentCall, state, event)
    state = after
    t.notOk(
      effects.some(effect => effect.kind === 'respond' || ('dialog' in effect && effect.dialog === 'd-a')),
    )
  }
})

t.test('a call that a media server made is moved on its A leg', async t => {
  const [, effect] = step(dialOut, up, begin)
  t.match(effect, {
    kind: 'invite',
    exchange: { from: { tag: 'c1-b1', side: 'carrier' }, to: there, sdp: 'o=b' },
  })
  const switching = {
    ...ready,
    move: { ...move, leg: 'a' as const, stage: 'switching' as const, dialog: 'd-new', answered: 'o=ms2' },
  }
  const [after, ...done] = step(dialOut, switching, { kind: 'media-answered', key: 'c1-b2', sdp: 'o=x' })
  t.match(after, { legs: { a: { dialog: 'd-new', tag: 'c1-b2' }, b: up.legs.b } })
  t.strictSame(done.slice(0, 2), [
    { kind: 'bye', dialog: 'd-a' },
    { kind: 'drop-media', media: 'c1-b1', tag: 'a' },
  ])
})

for (const [name, event, ...effects] of [
  ['refuses', reply(503), { kind: 'judge', place: onMs2, outcome: 'failed' }],
  ['says no to this call', reply(486), { kind: 'judge', place: onMs2, outcome: 'succeeded' }],
] as const) {
  t.test(`a new server that ${name} changes nothing`, async t => {
    t.strictSame(step(agentCall, asking, event), [
      { ...up, sent: 2 },
      stopTimer,
      dropNew,
      ...effects,
      told(name === 'says no to this call' ? 'absent' : 'failed'),
    ])
  })
}

t.test('a new server that is silent is cancelled', async t => {
  const [state, ...effects] = step(agentCall, asking, { kind: 'timer', timer: 'move' })
  t.strictSame(state, { ...up, sent: 2 })
  t.strictSame(effects[1], { kind: 'cancel', branch: 'c1-b2' })
  const [, ...late] = step(agentCall, state, reply(200, { dialog: 'late', body: sdp('o=ms2') }))
  t.strictSame(
    late,
    [
      { kind: 'ack', dialog: 'late' },
      { kind: 'bye', dialog: 'late' },
    ],
    'and what it still answers is ended',
  )
})

t.test('a leg that is to stay gives the new one back', async t => {
  t.strictSame(step(agentCall, ready, { kind: 'stay' }), [
    { ...up, sent: 2 },
    { kind: 'bye', dialog: 'd-new' },
    dropNew,
    told('failed'),
  ])
})

t.test('a new server that hangs up before the switch ends the move and not the call', async t => {
  const bye = {
    kind: 'request',
    leg: 'b',
    dialog: 'd-new',
    transaction: 't9',
    method: 'BYE',
    headers: [],
  } as const
  t.strictSame(step(agentCall, ready, bye), [
    { ...up, sent: 2 },
    dropNew,
    told('failed'),
    { kind: 'respond', transaction: 't9', status: 200 },
  ])
})

t.test('an old server that hangs up first takes nothing away', async t => {
  const bye = {
    kind: 'request',
    leg: 'b',
    dialog: 'd-b',
    transaction: 't9',
    method: 'BYE',
    headers: [],
  } as const
  const [alone, ...effects] = step(clientCall, ready, bye)
  t.strictSame(effects, [{ kind: 'respond', transaction: 't9', status: 200 }])
  const [switching] = step(clientCall, alone, { kind: 'switch' })
  const [after, ...done] = step(clientCall, switching, { kind: 'media-answered', key: 'c1-b2', sdp: 'o=x' })
  t.match(after, { kind: 'up', server: { id: 'ms-2' } })
  t.strictSame(done, [{ kind: 'drop-media', media: 'c1-b1', tag: 'c1-b1' }, told('moved')])
})

t.test('a call that has neither the old server nor the new one is over', async t => {
  const alone: Up = { ...ready, move: { ...move, stage: 'ready', dialog: 'd-new', isAlone: true } }
  const [state, ...effects] = step(clientCall, alone, { kind: 'stay' })
  t.match(state, { kind: 'over', verdict: 'server-hung-up' })
  t.match(effects, [
    { kind: 'bye', dialog: 'd-new' },
    dropNew,
    told('failed'),
    { kind: 'bye', dialog: 'd-a' },
    { kind: 'stop-timer' },
    { kind: 'end-media' },
    { kind: 'record' },
  ])
})

t.test('the agent hears of its new conference before the switch', async t => {
  const content = JSON.stringify({ type: 'ConfbridgeWelcome', channels: [{ id: 'ms-2-1.1' }] })
  const event: CallEvent = {
    kind: 'request',
    leg: 'b',
    dialog: 'd-new',
    transaction: 't9',
    method: 'MESSAGE',
    headers: [],
    body: { type: 'application/x-asterisk-confbridge-event+json', content },
  }
  const [state, ...effects] = step(agentCall, ready, event)
  t.match(effects, [{ kind: 'ask', leg: 'a', dialog: 'd-a', method: 'MESSAGE' }])
  const answer = { kind: 'response', transaction: 'c1-r-t9', status: 200, local: false } as const
  t.match(step(agentCall, state, answer), [
    { kind: 'up' },
    { kind: 'respond', transaction: 't9', status: 200 },
  ])
  const invite = { ...event, method: 'INVITE', body: sdp('o=x') }
  t.match(
    step(agentCall, ready, invite)[1],
    { kind: 'respond', status: 491 },
    'and may not change the session yet',
  )
})

t.test('what the old server says after the move is no matter', async t => {
  const after = { ...up, former: ['d-old'] }
  const bye = {
    kind: 'request',
    leg: 'b',
    dialog: 'd-old',
    transaction: 't9',
    method: 'BYE',
    headers: [],
  } as const
  t.strictSame(step(agentCall, after, bye), [after, { kind: 'respond', transaction: 't9', status: 200 }])
  t.strictSame(step(agentCall, after, { kind: 'dialog-ended', leg: 'b', dialog: 'd-old' }), [after])
})

t.test('a call that ends while it is moved leaves nothing on either server', async t => {
  const [state, ...effects] = step(clientCall, ready, { kind: 'hang-up' })
  t.match(state, { kind: 'over', verdict: 'ended-by-operator' })
  t.match(effects.slice(0, 5), [
    { kind: 'bye', dialog: 'd-a' },
    { kind: 'bye', dialog: 'd-b' },
    { kind: 'bye', dialog: 'd-new' },
    dropNew,
    told('failed'),
  ])
})

const open: Relay = {
  transaction: 't1',
  from: 'a',
  method: 'INVITE',
  stage: 'asking',
  sdp: 'o=a2',
  made: 'o=x',
}

t.test('a planned move waits for an offer that is under way; a dead server ends it', async t => {
  const busy = { ...up, relays: [open] }
  t.strictSame(step(agentCall, busy, begin), [busy, told('busy')])
  const [state, ...effects] = step(agentCall, busy, { ...begin, isLost: true })
  t.match(state, { relays: [], move: { isLost: true } })
  t.match(effects, [{ kind: 'respond', transaction: 't1', status: 491 }, { kind: 'invite' }])
})

t.test('media that goes from party to party cannot be moved', async t => {
  t.strictSame(step({ ...agentCall, anchored: false }, up, begin), [up, told('busy')])
})
