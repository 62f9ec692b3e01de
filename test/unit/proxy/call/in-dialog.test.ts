import t from 'tap'
import type { Call, CallEvent, Effect, LegName, Relay, Up } from '../../../../proxy/call/call.ts'
import { step } from '../../../../proxy/call/call-state.ts'
import { lostReason } from '../../../../proxy/call/agent-loss.ts'
import { allowedMethods } from '../../../../proxy/call/b-leg.ts'
import { agentCall, clientCall, up } from './fixtures.ts'

const endMedia: Effect = { kind: 'end-media', media: 'c1-b1' }
const stopFlow: Effect = { kind: 'stop-timer', timer: 'flow' }
const left: readonly Effect[] = [{ kind: 'leave', isLost: false }, { kind: 'release' }]
const lost: readonly Effect[] = [{ kind: 'leave', isLost: true }, { kind: 'release' }]
const lossTo = (leg: LegName): Effect => ({ kind: 'bye', dialog: `d-${leg}`, reason: lostReason })
const a = { tag: 'a', side: 'browser', source: '198.51.100.7' } as const
const b = { tag: 'c1-b1', side: 'server' } as const
const byeTo = (leg: LegName): Effect => ({ kind: 'bye', dialog: `d-${leg}` })
const respond = (status: number): Extract<Effect, { kind: 'respond' }> => ({
  kind: 'respond',
  transaction: 't1',
  status,
})
const sdp = (content: string): { type: string; content: string } => ({ type: 'application/sdp', content })

function request(leg: LegName, method: string, more: object = {}): CallEvent {
  return { kind: 'request', leg, dialog: `d-${leg}`, transaction: 't1', method, headers: [], ...more }
}

function reply(status: number, more: object = {}): CallEvent {
  return { kind: 'response', transaction: 'c1-r-t1', status, local: false, ...more }
}

function relaying(relay: Partial<Relay>): Up {
  const whole: Relay = {
    transaction: 't1',
    from: 'a',
    method: 'INVITE',
    stage: 'offering',
    sdp: 'o=a2',
    made: 'o=x',
    ...relay,
  }
  return { ...up, relays: [whole] }
}

type Case = readonly [name: string, Call, Up, CallEvent, kind: 'up' | 'over', ...Effect[]]

const cases: readonly Case[] = [
  [
    'hangs up the server when the agent hangs up',
    agentCall,
    up,
    request('a', 'BYE'),
    'over',
    respond(200),
    byeTo('b'),
    stopFlow,
    endMedia,
    ...left,
    { kind: 'record', verdict: 'caller-hung-up', status: 200 },
  ],
  [
    'hangs up the client when the server hangs up, and leaves the agent where it is',
    clientCall,
    up,
    request('b', 'BYE'),
    'over',
    respond(200),
    byeTo('a'),
    stopFlow,
    endMedia,
    { kind: 'record', verdict: 'server-hung-up', status: 200 },
  ],
  [
    'anchors the media of a re-INVITE first',
    agentCall,
    up,
    request('a', 'INVITE', { body: sdp('o=a2') }),
    'up',
    { kind: 'offer', key: 't1', exchange: { call: 'c1-b1', from: a, to: b, sdp: 'o=a2', told: 'o=b-offer' } },
  ],
  [
    'passes a re-INVITE on when its offer is made',
    agentCall,
    relaying({}),
    { kind: 'media-offered', key: 't1', sdp: 'o=x' },
    'up',
    {
      kind: 'ask',
      leg: 'b',
      dialog: 'd-b',
      transaction: 'c1-r-t1',
      method: 'INVITE',
      headers: [],
      body: sdp('o=x'),
    },
  ],
  [
    'acknowledges the answer to a re-INVITE and anchors it',
    agentCall,
    relaying({ stage: 'asking' }),
    reply(200, { dialog: 'd-b', body: sdp('o=b2') }),
    'up',
    { kind: 'ack', dialog: 'd-b' },
    {
      kind: 'answer',
      key: 't1',
      exchange: { call: 'c1-b1', from: b, to: a, sdp: 'o=b2', told: 'o=a-answer' },
    },
  ],
  [
    'answers the leg that sent the re-INVITE',
    agentCall,
    relaying({ stage: 'answering' }),
    { kind: 'media-answered', key: 't1', sdp: 'o=y' },
    'up',
    { kind: 'respond', transaction: 't1', status: 200, body: sdp('o=y') },
  ],
  [
    'passes the refusal of a re-INVITE back',
    agentCall,
    relaying({ stage: 'asking' }),
    reply(488),
    'up',
    respond(488),
  ],
  [
    'refuses a second re-INVITE while one is open (RFC 3261 §14.2)',
    agentCall,
    relaying({ from: 'b', transaction: 't0' }),
    request('a', 'INVITE', { body: sdp('o=a2') }),
    'up',
    respond(491),
  ],
  [
    'answers a session refresh by itself (RFC 4028 §7.4)',
    agentCall,
    up,
    request('b', 'INVITE', { body: sdp('o=b') }),
    'up',
    { kind: 'respond', transaction: 't1', status: 200, body: sdp('o=b-offer') },
  ],
  [
    'withdraws a re-INVITE that its sender cancelled',
    agentCall,
    relaying({ stage: 'asking' }),
    { kind: 'relay-cancelled', transaction: 't1' },
    'up',
    { kind: 'cancel', branch: 'c1-r-t1' },
  ],
  [
    'passes a digit of the conference on to the agent, and nothing beside it',
    agentCall,
    up,
    request('b', 'INFO', {
      headers: [['Info-Package', 'x']],
      body: { type: 'application/dtmf-relay', content: 'Signal= 5\r\nDuration=160\r\nX-Host=127.0.1.1\r\n' },
    }),
    'up',
    {
      kind: 'ask',
      leg: 'a',
      dialog: 'd-a',
      transaction: 'c1-r-t1',
      method: 'INFO',
      headers: [],
      body: { type: 'application/dtmf-relay', content: 'Signal=5\r\nDuration=160\r\n' },
    },
  ],
  [
    'stops what else a media server says',
    agentCall,
    up,
    request('b', 'MESSAGE', { body: { type: 'text/plain', content: 'I am 127.0.1.1' } }),
    'up',
    { kind: 'respond', transaction: 't1', status: 415 },
  ],
  [
    'passes the package of an INFO on, and no other header (RFC 6086)',
    agentCall,
    up,
    request('a', 'INFO', {
      headers: [
        ['Info-Package', 'dtmf'],
        ['X-Bypass', 'yes'],
      ],
    }),
    'up',
    {
      kind: 'ask',
      leg: 'b',
      dialog: 'd-b',
      transaction: 'c1-r-t1',
      method: 'INFO',
      headers: [['Info-Package', 'dtmf']],
    },
  ],
  [
    'tells the sender of a MESSAGE what the other leg said',
    agentCall,
    relaying({ method: 'MESSAGE', stage: 'asking' }),
    reply(202),
    'up',
    respond(202),
  ],
  [
    'ends the call when the server no longer knows it (RFC 3261 §12.2.1.2)',
    agentCall,
    relaying({ method: 'INFO', stage: 'asking' }),
    reply(481),
    'over',
    respond(481),
    byeTo('a'),
    stopFlow,
    endMedia,
    ...lost,
    { kind: 'record', verdict: 'dialog-lost', status: 200 },
  ],
  [
    'keeps the call when the agent is out of reach for a while',
    agentCall,
    relaying({ from: 'b', method: 'MESSAGE', stage: 'asking' }),
    reply(503, { local: true }),
    'up',
    respond(480),
  ],
  [
    'answers OPTIONS inside the dialog',
    agentCall,
    up,
    request('b', 'OPTIONS'),
    'up',
    { ...respond(200), headers: [['Allow', allowedMethods]] },
  ],
  ['answers an UPDATE that only refreshes', agentCall, up, request('b', 'UPDATE'), 'up', respond(200)],
  [
    'gives a lost connection time to come back',
    agentCall,
    up,
    { kind: 'flow-closed' },
    'up',
    { kind: 'start-timer', timer: 'flow', ms: 30_000 },
  ],
  ['stops waiting when the agent is back', agentCall, up, { kind: 'flow-back' }, 'up', stopFlow],
  [
    'ends both legs when the connection stays away',
    agentCall,
    up,
    { kind: 'timer', timer: 'flow' },
    'over',
    lossTo('b'),
    byeTo('a'),
    stopFlow,
    endMedia,
    ...lost,
    { kind: 'record', verdict: 'flow-lost', status: 200 },
  ],
  [
    'tells the server of an agent that is lost when its page knows the call no more',
    agentCall,
    relaying({ from: 'b', method: 'MESSAGE', stage: 'asking' }),
    reply(481),
    'over',
    respond(481),
    lossTo('b'),
    stopFlow,
    endMedia,
    ...lost,
    { kind: 'record', verdict: 'dialog-lost', status: 200 },
  ],
  [
    'keeps the place of an agent that its server hears no more',
    agentCall,
    up,
    request('b', 'BYE', { headers: [['Reason', 'Q.850;cause=44']] }),
    'over',
    respond(200),
    byeTo('a'),
    stopFlow,
    endMedia,
    ...lost,
    { kind: 'record', verdict: 'server-hung-up', status: 200 },
  ],
  [
    'says of a client whose agent did not come back that this was why',
    clientCall,
    up,
    request('b', 'BYE', { headers: [['Reason', 'Q.850;cause=20']] }),
    'over',
    respond(200),
    byeTo('a'),
    stopFlow,
    endMedia,
    { kind: 'record', verdict: 'agent-lost', status: 200 },
  ],
  [
    'answers what is open when the call ends',
    clientCall,
    relaying({ transaction: 't0', stage: 'asking' }),
    { kind: 'dialog-ended', leg: 'b', dialog: 'd-b' },
    'over',
    byeTo('a'),
    { kind: 'respond', transaction: 't0', status: 487 },
    stopFlow,
    endMedia,
    { kind: 'record', verdict: 'dialog-lost', status: 200 },
  ],
]

for (const [name, call, state, event, kind, ...effects] of cases) {
  t.test(name, async t => {
    const [after, ...done] = step(call, state, event)
    t.equal(after.kind, kind)
    t.strictSame(done, effects)
  })
}

t.test('a method that the door takes no part in is refused with the list of those it does', async t => {
  const [, toAgent] = step(agentCall, up, request('a', 'SUBSCRIBE'))
  t.match(toAgent, { kind: 'respond', status: 405, headers: [['Allow', /INVITE.*REFER/]] })
  const [, toCarrier] = step(clientCall, up, request('a', 'SUBSCRIBE'))
  t.strictSame(
    toCarrier,
    { ...respond(405), headers: [['Allow', allowedMethods]] },
    'a carrier may not transfer',
  )
})

t.test('remembers what each leg said and was told, so that the next refresh is known', async t => {
  const asked = step(agentCall, relaying({}), { kind: 'media-offered', key: 't1', sdp: 'o=x' })[0]
  const agreed = step(agentCall, asked, reply(200, { dialog: 'd-b', body: sdp('o=b2') }))[0]
  const done = step(agentCall, agreed, { kind: 'media-answered', key: 't1', sdp: 'o=y' })[0]
  t.match(done, {
    legs: { a: { heard: 'o=a2', told: 'o=y' }, b: { heard: 'o=b2', told: 'o=x' } },
    relays: [],
  })
})
