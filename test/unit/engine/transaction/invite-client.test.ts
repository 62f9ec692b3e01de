import t from 'tap'
import {
  beginInviteClient,
  stepInviteClient,
  type InviteClientEvent,
  type InviteClientState,
} from '../../../../engine/transaction/invite-client.ts'
import { checkMachine, effectsText, linesOf, tableNow } from '../../../support/machine-table.ts'

const bytes = Buffer.from('INVITE')
const ringMs = 600_000

const states: Record<string, InviteClientState> = {
  calling: { kind: 'calling', reliable: false, ringMs, bytes, intervalMs: 500 },
  'calling over TCP': { kind: 'calling', reliable: true, ringMs, bytes, intervalMs: 500 },
  proceeding: { kind: 'proceeding', reliable: false, ringMs, cancelled: false },
  'proceeding, cancelled': { kind: 'proceeding', reliable: false, ringMs, cancelled: true },
  'proceeding over TCP': { kind: 'proceeding', reliable: true, ringMs, cancelled: false },
  accepted: { kind: 'accepted' },
  completed: { kind: 'completed' },
  terminated: { kind: 'terminated' },
}

const events: Record<string, InviteClientEvent> = {
  '100': { kind: 'response', status: 100 },
  '180': { kind: 'response', status: 180 },
  '200': { kind: 'response', status: 200 },
  '302': { kind: 'response', status: 302 },
  '603': { kind: 'response', status: 603 },
  cancelled: { kind: 'cancelled' },
  unreachable: { kind: 'unreachable' },
  'timer A': { kind: 'timer', timer: 'A' },
  'timer B': { kind: 'timer', timer: 'B' },
  'timer C': { kind: 'timer', timer: 'C' },
  'timer D': { kind: 'timer', timer: 'D' },
  'timer M': { kind: 'timer', timer: 'M' },
}

const accepted = 'accepted: no A, no B, no C, timer M in 32000, deliver'
const completed = 'completed: no A, no B, no C, timer D in 32000, acknowledge, deliver'
const refusedOverTcp = 'terminated: no B, no C, acknowledge, deliver, terminated'
const calling = {
  '100': 'proceeding: no A, no B, timer C in 600000, deliver',
  '180': 'proceeding: no A, no B, timer C in 600000, deliver',
  '200': accepted,
  '302': completed,
  '603': completed,
  unreachable: 'terminated: no A, no B, unreachable, terminated',
  'timer A': 'calling: send INVITE, timer A in 1000',
  'timer B': 'terminated: no A, timeout, terminated',
}
const proceeding = {
  '100': 'proceeding: timer C in 600000, deliver',
  '180': 'proceeding: timer C in 600000, deliver',
  '200': accepted,
  '302': completed,
  '603': completed,
  cancelled: 'proceeding: no C, timer B in 32000',
  unreachable: 'terminated: no B, no C, unreachable, terminated',
  'timer B': 'terminated: timeout, terminated',
  'timer C': 'proceeding: expire',
}

t.test('every event in every state of an INVITE client transaction', async t => {
  checkMachine(t, {
    step: stepInviteClient,
    states,
    events,
    expected: {
      ...linesOf('calling', calling),
      ...linesOf('calling over TCP', { ...calling, '302': refusedOverTcp, '603': refusedOverTcp }),
      ...linesOf('proceeding', proceeding),
      ...linesOf('proceeding, cancelled', {
        '200': accepted,
        '302': completed,
        '603': completed,
        '100': 'proceeding: deliver',
        '180': 'proceeding: deliver',
        unreachable: proceeding.unreachable,
        'timer B': proceeding['timer B'],
        'timer C': proceeding['timer C'],
      }),
      ...linesOf('proceeding over TCP', { ...proceeding, '302': refusedOverTcp, '603': refusedOverTcp }),
      ...linesOf('accepted', {
        '200': 'accepted: deliver',
        'timer M': 'terminated: no M, terminated',
        unreachable: 'terminated: no M, terminated',
      }),
      ...linesOf('completed', {
        '302': 'completed: acknowledge',
        '603': 'completed: acknowledge',
        'timer D': 'terminated: no D, terminated',
        unreachable: 'terminated: no D, terminated',
      }),
    },
  })
})

t.test('an INVITE is repeated over UDP only, and timers run before it is sent', async t => {
  const [, ...udp] = beginInviteClient(bytes, false, ringMs, tableNow)
  t.equal(effectsText(udp), 'timer B in 32000, timer A in 500, send INVITE')
  const [, ...tcp] = beginInviteClient(bytes, true, ringMs, tableNow)
  t.equal(effectsText(tcp), 'timer B in 32000, send INVITE')
})

t.test('timer A doubles without end, so that seven INVITEs leave before timer B', async t => {
  let [state] = beginInviteClient(bytes, false, ringMs, 0)
  let sent = 1
  for (let at = 500; at < 32_000;) {
    const [next, ...effects] = stepInviteClient(state, { kind: 'timer', timer: 'A' }, at)
    sent++
    state = next
    const timer = effects.find(effect => effect.kind === 'start')
    at = timer?.kind === 'start' ? timer.at : Infinity
  }
  t.equal(sent, 7)
})
