import t from 'tap'
import { isAgentLost, lostReason, verdictOfBye } from '../../../../proxy/call/agent-loss.ts'
import type { Call, LegName } from '../../../../proxy/call/call.ts'
import type { Verdict } from '../../../../proxy/call/verdict.ts'
import { agentCall, clientCall, dialOut, ringAgent } from './fixtures.ts'

const losses: readonly (readonly [
  name: string,
  Call,
  Verdict,
  reason: string | undefined,
  isLost: boolean,
])[] = [
  ['whose connection did not come back', agentCall, 'flow-lost', undefined, true],
  ['whose page knows the call no more', agentCall, 'dialog-lost', undefined, true],
  ['that was rung and is out of reach', ringAgent, 'dialog-lost', undefined, true],
  ['that its media server hears no more', agentCall, 'server-hung-up', 'Q.850;cause=44', true],
  ['that was kicked', agentCall, 'server-hung-up', 'Q.850;cause=16', false],
  ['whose media server gives no reason', agentCall, 'server-hung-up', undefined, false],
  ['that hung up', agentCall, 'caller-hung-up', undefined, false],
  ['that was let go', ringAgent, 'ended-by-operator', undefined, false],
]
for (const [name, call, verdict, reason, isLost] of losses) {
  t.test(`an agent ${name} ${isLost ? 'is lost' : 'has left'}`, async t =>
    t.equal(isAgentLost(call, verdict, reason), isLost),
  )
}

t.test('a client is no agent that could be lost', async t => {
  t.notOk(isAgentLost(clientCall, 'dialog-lost'))
  t.notOk(isAgentLost(dialOut, 'server-hung-up', 'Q.850;cause=44'))
})

const byes: readonly (readonly [name: string, Call, LegName, reason: string, Verdict])[] = [
  ['a client whose agent did not come back', clientCall, 'b', 'Q.850;cause=20', 'agent-lost'],
  ['a client that was dialled, likewise', dialOut, 'a', 'Q.850 ;cause=20 ;text="x"', 'agent-lost'],
  [
    'among several reasons the right one counts',
    clientCall,
    'b',
    'SIP;cause=200, Q.850;cause=20',
    'agent-lost',
  ],
  ['a client that is hung up otherwise', clientCall, 'b', 'Q.850;cause=16', 'server-hung-up'],
  ['a carrier cannot say so', clientCall, 'a', 'Q.850;cause=20', 'caller-hung-up'],
  ['nor is an agent its own client', agentCall, 'b', 'Q.850;cause=20', 'server-hung-up'],
  ['another number that begins alike is another cause', clientCall, 'b', 'Q.850;cause=200', 'server-hung-up'],
  ['a text is no cause', clientCall, 'b', 'SIP;text="Q.850;cause=20"', 'server-hung-up'],
]
for (const [name, call, leg, reason, verdict] of byes) {
  t.test(name, async t => t.equal(verdictOfBye(call, leg, [['reason', reason]]), verdict))
}

t.test('what a media server is told of a lost agent is no farewell', async t => {
  t.ok(isAgentLost(agentCall, 'server-hung-up', lostReason))
})
