import t from 'tap'
import type { Call, CallEvent, Effect, LegName, Up } from '../../../../../proxy/call/call.ts'
import { step } from '../../../../../proxy/call/call-state.ts'
import type { Referral } from '../../../../../proxy/call/transfer/refer.ts'
import { agentCall, clientCall, ringAgent, up } from '../fixtures.ts'

const bob: Referral = { kind: 'asked', to: { kind: 'agent', agent: 'bob' }, cseq: 7, isSilent: false }

function refer(leg: LegName, referral?: Referral): CallEvent {
  const event = {
    kind: 'request',
    leg,
    dialog: `d-${leg}`,
    transaction: 't1',
    method: 'REFER',
    headers: [],
  } as const
  return referral === undefined ? event : { ...event, referral }
}

function respond(status: number): Effect {
  return { kind: 'respond', transaction: 't1', status }
}

function notify(leg: LegName, status: number, phrase: string, subscription: string): Effect {
  return {
    kind: 'ask',
    leg,
    dialog: `d-${leg}`,
    transaction: `c1-r-t1-${status}`,
    method: 'NOTIFY',
    headers: [
      ['Event', 'refer;id=7'],
      ['Subscription-State', subscription],
    ],
    body: { type: 'message/sipfrag;version=2.0', content: `SIP/2.0 ${status} ${phrase}\r\n` },
  }
}

const referring: Up = { ...up, transfer: { transaction: 't1', cseq: 7, isSilent: false } }

t.test('an agent hears that its wish is taken up, and then what became of it', t => {
  for (const [call, leg] of [
    [agentCall, 'a'],
    [ringAgent, 'b'],
  ] as const) {
    t.strictSame(step(call, up, refer(leg, bob)), [
      referring,
      respond(202),
      notify(leg, 100, 'Trying', 'active;expires=60'),
      { kind: 'transfer', to: { kind: 'agent', agent: 'bob' } },
    ])
    t.strictSame(step(call, referring, { kind: 'transferred', status: 486 }), [
      up,
      notify(leg, 486, 'Busy Here', 'terminated;reason=noresource'),
    ])
  }
  t.end()
})

t.test('who wants to hear nothing is told nothing, and that it will not be (RFC 4488)', t => {
  const [state, ...effects] = step(agentCall, up, refer('a', { ...bob, isSilent: true }))
  t.strictSame(effects, [
    { ...respond(202), headers: [['Refer-Sub', 'false']] },
    { kind: 'transfer', to: { kind: 'agent', agent: 'bob' } },
  ])
  t.strictSame(step(agentCall, state, { kind: 'transferred', status: 200 }), [up])
  t.end()
})

const refusals: readonly (readonly [who: string, Call, Up, CallEvent, status: number])[] = [
  ['a carrier', clientCall, up, refer('a', bob), 403],
  ['the media server of an agent', agentCall, up, refer('b', bob), 403],
  ['the media server of a client', clientCall, up, refer('b', bob), 403],
  [
    'an agent that means itself',
    agentCall,
    up,
    refer('a', { ...bob, to: { kind: 'agent', agent: '1001' } }),
    403,
  ],
  ['an agent that waits for its last one', agentCall, referring, refer('a', bob), 491],
  ['an agent whose media is not anchored', { ...agentCall, anchored: false }, up, refer('a', bob), 501],
  ['a target that was refused', agentCall, up, refer('a', { kind: 'refused', status: 603 }), 603],
  ['an agent without a target', agentCall, up, refer('a'), 400],
]
for (const [who, call, state, event, status] of refusals)
  t.test(`${who} is refused with ${status}, and nothing is done`, async t => {
    t.strictSame(step(call, state, event), [state, respond(status)])
  })

t.test('what became of a wish that nobody remembers is told to nobody', t => {
  t.strictSame(step(agentCall, up, { kind: 'transferred', status: 200 }), [up])
  t.end()
})
