import t from 'tap'
import { step } from '../../../../proxy/call/call-state.ts'
import { conferenceEventType, outwardEvent } from '../../../../proxy/call/conference-event.ts'
import { agentCall, clientCall, up } from './fixtures.ts'

const channel = {
  id: 'ms-1-1795414091.4',
  name: 'PJSIP/frontdoor-00000004',
  caller: { name: '', number: '127.0.1.1' },
  language: 'en',
}
const join = JSON.stringify({
  type: 'ConfbridgeJoin',
  timestamp: '2026-11-23T06:08:11',
  bridge: { id: 'b1', name: 'agt-1001' },
  channels: [channel],
})

t.test('an event keeps its kind and loses everything of the media server', async t => {
  const body = outwardEvent(join, 'c1')
  t.match(JSON.parse(body?.content ?? '') as unknown, {
    type: 'ConfbridgeJoin',
    channels: [{ id: /^[0-9a-f]{16}$/ }],
  })
  for (const secret of ['ms-1', 'PJSIP', '127.0.1.1', 'b1']) t.notMatch(body?.content, secret)
})

t.test('a channel has the same id in every event of a call, and another in another call', async t => {
  const leave = join.replace('Join', 'Leave')
  t.equal(idIn(join, 'c1'), idIn(leave, 'c1'))
  t.not(idIn(join, 'c1'), idIn(join, 'c2'))
})

for (const content of [
  '',
  '[]',
  'null',
  '{"type":"ConfbridgeJoin"}',
  '{"type":"x\\r\\nBcc: y","channels":[]}',
  '{',
]) {
  t.test(`${JSON.stringify(content)} is no event`, async t => {
    t.equal(outwardEvent(content, 'c1'), undefined)
  })
}

const event = {
  kind: 'request',
  leg: 'b',
  dialog: 'd-b',
  transaction: 't1',
  method: 'MESSAGE',
  headers: [],
  body: { type: conferenceEventType, content: join },
} as const

t.test('the agent is told, in the rebuilt form', async t => {
  const [, effect] = step(agentCall, up, event)
  t.match(effect, { kind: 'ask', leg: 'a', method: 'MESSAGE', body: { content: /ConfbridgeJoin/ } })
  t.notMatch(JSON.stringify(effect), 'PJSIP')
})

t.test('a carrier is not told', async t => {
  t.match(step(clientCall, up, event).slice(1), [{ kind: 'respond', transaction: 't1', status: 200 }])
})

t.test('what is no event ends at the door', async t => {
  const [, ...effects] = step(agentCall, up, { ...event, body: { ...event.body, content: '{}' } })
  t.match(effects, [{ kind: 'respond', transaction: 't1', status: 200 }])
})

function idIn(content: string, call: string): string | undefined {
  return /"id":"(\w+)"/.exec(outwardEvent(content, call)?.content ?? '')?.[1]
}
