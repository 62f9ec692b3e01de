import t from 'tap'
import {
  beginNonInviteClient,
  stepNonInviteClient,
} from '../../../../engine/transaction/non-invite-client.ts'
import {
  beginNonInviteServer,
  stepNonInviteServer,
} from '../../../../engine/transaction/non-invite-server.ts'
import { keep } from '../../../../engine/transaction/kept.ts'
import { checkMachine, effectsText, linesOf, tableNow } from '../../../support/machine-table.ts'

const bytes = Buffer.from('BYE')
const ok = Buffer.from('200')

t.test('every event in every state of a non-INVITE client transaction', async t => {
  const open = {
    '100': 'proceeding: deliver',
    '200': 'completed: no E, no F, timer K in 5000, deliver',
    '481': 'completed: no E, no F, timer K in 5000, deliver',
    unreachable: 'terminated: no E, no F, unreachable, terminated',
    'timer F': 'terminated: no E, timeout, terminated',
  }
  const overTcp = 'terminated: no F, deliver, terminated'
  checkMachine(t, {
    step: stepNonInviteClient,
    states: {
      trying: { kind: 'trying', reliable: false, bytes, intervalMs: 500 },
      'trying, slow': { kind: 'trying', reliable: false, bytes, intervalMs: 4000 },
      'trying over TCP': { kind: 'trying', reliable: true, bytes, intervalMs: 500 },
      proceeding: { kind: 'proceeding', reliable: false, bytes, intervalMs: 500 },
      completed: { kind: 'completed' },
      terminated: { kind: 'terminated' },
    },
    events: {
      '100': { kind: 'response', status: 100 },
      '200': { kind: 'response', status: 200 },
      '481': { kind: 'response', status: 481 },
      unreachable: { kind: 'unreachable' },
      'timer E': { kind: 'timer', timer: 'E' },
      'timer F': { kind: 'timer', timer: 'F' },
      'timer K': { kind: 'timer', timer: 'K' },
    },
    expected: {
      ...linesOf('trying', { ...open, 'timer E': 'trying: send BYE, timer E in 1000' }),
      ...linesOf('trying, slow', { ...open, 'timer E': 'trying: send BYE, timer E in 4000' }),
      ...linesOf('trying over TCP', {
        ...open,
        '200': overTcp,
        '481': overTcp,
        'timer E': 'trying: send BYE, timer E in 1000',
      }),
      ...linesOf('proceeding', { ...open, 'timer E': 'proceeding: send BYE, timer E in 4000' }),
      ...linesOf('completed', {
        'timer K': 'terminated: no K, terminated',
        unreachable: 'terminated: no K, terminated',
      }),
    },
  })
})

t.test('every event in every state of a non-INVITE server transaction', async t => {
  const open = {
    'respond 100': 'proceeding: send 100',
    'respond 200': 'completed: no user, send 200, timer J in 32000',
    'timer user': 'terminated: terminated',
  }
  checkMachine(t, {
    step: stepNonInviteServer,
    states: {
      trying: { kind: 'trying', reliable: false },
      'trying over TCP': { kind: 'trying', reliable: true },
      proceeding: { kind: 'proceeding', reliable: false, last: Buffer.from('100') },
      completed: { kind: 'completed', last: keep(ok) },
      terminated: { kind: 'terminated' },
    },
    events: {
      request: { kind: 'request' },
      'respond 100': { kind: 'respond', status: 100, bytes: Buffer.from('100') },
      'respond 200': { kind: 'respond', status: 200, bytes: ok },
      'timer user': { kind: 'timer', timer: 'user' },
      'timer J': { kind: 'timer', timer: 'J' },
    },
    expected: {
      ...linesOf('trying', open),
      ...linesOf('trying over TCP', { ...open, 'respond 200': 'terminated: no user, send 200, terminated' }),
      ...linesOf('proceeding', { ...open, request: 'proceeding: send 100' }),
      ...linesOf('completed', { request: 'completed: send 200', 'timer J': 'terminated: terminated' }),
    },
  })
})

t.test('a request is repeated over UDP only', async t => {
  const [, ...udp] = beginNonInviteClient(bytes, false, tableNow)
  t.equal(effectsText(udp), 'timer F in 32000, timer E in 500, send BYE')
  const [, ...tcp] = beginNonInviteClient(bytes, true, tableNow)
  t.equal(effectsText(tcp), 'timer F in 32000, send BYE')
})

t.test('a request that the application forgets is forgotten after 64·T1', async t => {
  const [, ...effects] = beginNonInviteServer(false, tableNow)
  t.equal(effectsText(effects), 'timer user in 32000')
})
