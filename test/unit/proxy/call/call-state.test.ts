import t from 'tap'
import type { Call, CallEvent, CallState, Effect } from '../../../../proxy/call/call.ts'
import { initial, step } from '../../../../proxy/call/call-state.ts'
import { agentCall, answering, clientCall, ms1, onMs1, onMs2, trying } from './fixtures.ts'

type Case = readonly [name: string, Call, CallState, CallEvent, CallState['kind'], ...Effect[]]

const release: Effect = { kind: 'release' }
const endMedia: Effect = { kind: 'end-media', media: 'c1-b1' }
const ack: Effect = { kind: 'ack', dialog: 'd-b' }
const bye: Effect = { kind: 'bye', dialog: 'd-b' }
const stopTry: Effect = { kind: 'stop-timer', timer: 'try' }
const cancelB: Effect = { kind: 'cancel', branch: 'c1-b1' }
const respond = (status: number): Effect => ({ kind: 'respond', transaction: 't-a', status })
const failed: Effect = { kind: 'judge', place: onMs1, outcome: 'failed' }
const succeeded: Effect = { kind: 'judge', place: onMs1, outcome: 'succeeded' }
const offering: CallState = {
  kind: 'offering',
  place: onMs1,
  branch: 'c1-b1',
  tried: ['ms-1'],
  rehomed: false,
}
const a = { tag: 'a', side: 'browser', source: '198.51.100.7' } as const
const b = { tag: 'c1-b1', side: 'server' } as const
const exchangeA = { call: 'c1-b1', from: a, to: b, sdp: 'o=a' }
const invite: Effect = { kind: 'invite', key: 'c1-b1', exchange: exchangeA }
const answerB: Effect = {
  kind: 'answer',
  key: 'c1-b1',
  exchange: { call: 'c1-b1', from: b, to: a, sdp: 'o=b' },
}
const carrier = { ...a, side: 'carrier' } as const

function response(status: number, more: object = {}): CallEvent {
  return { kind: 'response', transaction: 'c1-b1', status, local: false, ...more }
}

const cases: readonly Case[] = [
  [
    'asks where to place an agent',
    agentCall,
    initial,
    { kind: 'began' },
    'placing',
    { kind: 'place', exclude: [] },
  ],
  [
    'takes a client leg to the server of its agent, without choosing',
    clientCall,
    initial,
    { kind: 'began' },
    'offering',
    { kind: 'invite', key: 'c1-b1', exchange: { ...exchangeA, from: carrier } },
  ],
  [
    'offers to the server that was chosen',
    agentCall,
    initial,
    { kind: 'placed', server: ms1 },
    'offering',
    invite,
  ],
  [
    'tells an agent that finds no server when to come back',
    agentCall,
    initial,
    { kind: 'not-placed', retryAfterSec: 7 },
    'over',
    { kind: 'respond', transaction: 't-a', status: 503, headers: [['Retry-After', '7']] },
    release,
    { kind: 'record', verdict: 'no-server', status: 503 },
  ],
  [
    'gives up when the servers that are left are none',
    agentCall,
    { kind: 'placing', tried: ['ms-1'], rehomed: false },
    { kind: 'not-placed', retryAfterSec: 7 },
    'over',
    respond(503),
    release,
    { kind: 'record', verdict: 'servers-failed', status: 503 },
  ],
  [
    'dials when the offer is made, and hurries the server',
    agentCall,
    offering,
    { kind: 'media-offered', key: 'c1-b1', sdp: 'o=b-offer' },
    'trying',
    { kind: 'dial', place: onMs1, branch: 'c1-b1', sdp: 'o=b-offer' },
    { kind: 'start-timer', timer: 'try', ms: 2000 },
  ],
  [
    'refuses when the media anchor fails',
    agentCall,
    offering,
    { kind: 'media-failed', key: 'c1-b1' },
    'over',
    endMedia,
    respond(503),
    release,
    { kind: 'record', verdict: 'media-failed', status: 503 },
  ],
  [
    'refuses an offer that cannot be used',
    agentCall,
    offering,
    { kind: 'media-failed', key: 'c1-b1', isRefused: true },
    'over',
    endMedia,
    respond(488),
    release,
    { kind: 'record', verdict: 'refused', status: 488 },
  ],
  ['does not take 100 Trying for progress', agentCall, trying, response(100), 'trying'],
  [
    'stops hurrying a server that rings, and tells the caller',
    agentCall,
    trying,
    response(180),
    'trying',
    stopTry,
    { kind: 'start-timer', timer: 'ring', ms: 180_000 },
    respond(180),
  ],
  [
    'tells the caller of ringing once',
    agentCall,
    { ...trying, ringing: true, told: 180 },
    response(180),
    'trying',
  ],
  [
    'acknowledges an answer and has the media anchor make the caller’s',
    agentCall,
    trying,
    response(200, { dialog: 'd-b', body: { type: 'application/sdp', content: 'o=b' } }),
    'answering',
    ack,
    stopTry,
    succeeded,
    answerB,
  ],
  [
    'ends an answer that has no SDP',
    agentCall,
    trying,
    response(200, { dialog: 'd-b' }),
    'over',
    ack,
    bye,
    endMedia,
    stopTry,
    succeeded,
    respond(503),
    release,
    { kind: 'record', verdict: 'refused', status: 503 },
  ],
  [
    'asks another server after a 503',
    agentCall,
    trying,
    response(503),
    'placing',
    stopTry,
    endMedia,
    failed,
    release,
    { kind: 'place', exclude: ['ms-1'] },
  ],
  [
    'cancels a silent server and asks another',
    agentCall,
    trying,
    { kind: 'timer', timer: 'try' },
    'placing',
    stopTry,
    cancelB,
    endMedia,
    failed,
    release,
    { kind: 'place', exclude: ['ms-1'] },
  ],
  [
    'gives up after the last attempt',
    { ...agentCall, attempts: 1 },
    trying,
    response(503, { local: true }),
    'over',
    stopTry,
    endMedia,
    failed,
    respond(503),
    release,
    { kind: 'record', verdict: 'servers-failed', status: 503 },
  ],
  [
    'asks nobody else after a 603 (RFC 3261 §21.6)',
    agentCall,
    trying,
    response(603),
    'over',
    stopTry,
    endMedia,
    succeeded,
    respond(603),
    release,
    { kind: 'record', verdict: 'refused', status: 603 },
  ],
  [
    'hides a 404 of the inside behind 503',
    agentCall,
    trying,
    response(404),
    'over',
    stopTry,
    endMedia,
    succeeded,
    respond(503),
    release,
    { kind: 'record', verdict: 'refused', status: 503 },
  ],
  [
    'tells a client that the agent is away when its conference is gone',
    clientCall,
    trying,
    response(486),
    'over',
    stopTry,
    endMedia,
    succeeded,
    respond(480),
    { kind: 'record', verdict: 'agent-away', status: 480 },
  ],
  [
    'cancels the server when the caller gives up',
    agentCall,
    trying,
    { kind: 'cancelled' },
    'over',
    stopTry,
    cancelB,
    endMedia,
    release,
    { kind: 'record', verdict: 'cancelled', status: 487 },
  ],
  [
    'settles the agent, and only then answers it',
    agentCall,
    answering,
    { kind: 'media-answered', key: 'c1-b1', sdp: 'o=a-answer' },
    'up',
    { kind: 'settle', server: 'ms-1' },
    {
      kind: 'respond',
      transaction: 't-a',
      status: 200,
      body: { type: 'application/sdp', content: 'o=a-answer' },
    },
  ],
  [
    'asks the server once more when its media anchor died, so that another one takes the call',
    agentCall,
    answering,
    { kind: 'media-failed', key: 'c1-b1' },
    'offering',
    { kind: 'bye', dialog: 'd-b' },
    endMedia,
    {
      kind: 'invite',
      key: 'c1-b2',
      exchange: { ...exchangeA, call: 'c1-b2', to: { ...exchangeA.to, tag: 'c1-b2' } },
    },
  ],
  [
    'answers a client without touching where its agent is',
    clientCall,
    answering,
    { kind: 'media-answered', key: 'c1-b1', sdp: 'o=a-answer' },
    'up',
    {
      kind: 'respond',
      transaction: 't-a',
      status: 200,
      body: { type: 'application/sdp', content: 'o=a-answer' },
    },
  ],
  [
    'hangs up the server when the caller gives up while the answer is made',
    agentCall,
    answering,
    { kind: 'cancelled' },
    'over',
    bye,
    endMedia,
    release,
    { kind: 'record', verdict: 'cancelled', status: 487 },
  ],
  [
    'refuses the caller when the server hangs up before the answer is out',
    agentCall,
    answering,
    { kind: 'request', leg: 'b', dialog: 'd-b', transaction: 't-bye', method: 'BYE', headers: [] },
    'over',
    { kind: 'respond', transaction: 't-bye', status: 200 },
    endMedia,
    respond(503),
    release,
    { kind: 'record', verdict: 'server-hung-up', status: 503 },
  ],
]

for (const [name, call, state, event, kind, ...effects] of cases) {
  t.test(name, async t => {
    const [after, ...done] = step(call, state, event)
    t.equal(after.kind, kind)
    t.strictSame(done, effects)
  })
}

for (const state of [
  { kind: 'placing', tried: ['ms-1'], rehomed: false },
  { ...trying, place: onMs2, branch: 'c1-b2', tried: ['ms-1', 'ms-2'] },
  { kind: 'over', verdict: 'cancelled' },
] satisfies readonly CallState[]) {
  t.test(`ends a late answer of a server that was given up, in state ${state.kind}`, async t => {
    const late = response(200, { dialog: 'd-b', body: { type: 'application/sdp', content: 'o=b' } })
    const [after, ...done] = step(agentCall, state, late)
    t.equal(after, state)
    t.strictSame(done, [ack, bye])
  })
}

t.test('nothing follows once a call is over', async t => {
  const over: CallState = { kind: 'over', verdict: 'cancelled' }
  const events: readonly CallEvent[] = [
    { kind: 'began' },
    { kind: 'media-offered', key: 't-reinvite', sdp: '' },
    { kind: 'media-answered', key: 'c1-b1', sdp: '' },
    { kind: 'cancelled' },
    { kind: 'hang-up' },
    { kind: 'timer', timer: 'try' },
    { kind: 'flow-closed' },
    response(486),
  ]
  for (const event of events) t.strictSame(step(agentCall, over, event), [over], event.kind)
})

t.test('a place that is found too late is given back', async t => {
  const over: CallState = { kind: 'over', verdict: 'cancelled' }
  t.strictSame(step(agentCall, over, { kind: 'placed', server: ms1 }), [over, release])
})

t.test('media that is anchored too late is freed', async t => {
  const over: CallState = { kind: 'over', verdict: 'cancelled' }
  t.strictSame(step(agentCall, over, { kind: 'media-offered', key: 'c1-b1', sdp: '' }), [over, endMedia])
})

t.test('a request that comes too late is answered', async t => {
  const over: CallState = { kind: 'over', verdict: 'cancelled' }
  const late = { kind: 'request', leg: 'a', dialog: 'd-a', transaction: 't1', headers: [] } as const
  const answered = (status: number) => [over, { kind: 'respond', transaction: 't1', status }]
  t.strictSame(step(agentCall, over, { ...late, method: 'INFO' }), answered(481))
  t.strictSame(step(agentCall, over, { ...late, method: 'BYE' }), answered(200), 'which is what it wanted')
})
