import t from 'tap'
import {
  beginInviteServer,
  stepInviteServer,
  type InviteServerEvent,
  type InviteServerState,
} from '../../../../engine/transaction/invite-server.ts'
import { keep } from '../../../../engine/transaction/kept.ts'
import { checkMachine, effectsText, linesOf, tableNow } from '../../../support/machine-table.ts'

const limits = { tryingMs: 200, answerMs: 64_000, ringMs: 600_000 }
const busy = keep(Buffer.from('486'))
const ringing = Buffer.from('180')

const states: Record<string, InviteServerState> = {
  proceeding: { kind: 'proceeding', reliable: false, limits },
  'proceeding, rung': { kind: 'proceeding', reliable: false, limits, last: ringing },
  'proceeding over TCP': { kind: 'proceeding', reliable: true, limits },
  completed: { kind: 'completed', reliable: false, last: busy, intervalMs: 500 },
  'completed, slow': { kind: 'completed', reliable: false, last: busy, intervalMs: 4000 },
  'completed over TCP': { kind: 'completed', reliable: true, last: busy, intervalMs: 500 },
  accepted: { kind: 'accepted' },
  confirmed: { kind: 'confirmed' },
  terminated: { kind: 'terminated' },
}

const events: Record<string, InviteServerEvent> = {
  INVITE: { kind: 'request' },
  ACK: { kind: 'ack' },
  'respond 100': { kind: 'respond', status: 100, bytes: Buffer.from('100') },
  'respond 180': { kind: 'respond', status: 180, bytes: ringing },
  'respond 200': { kind: 'respond', status: 200, bytes: Buffer.from('200') },
  'respond 486': { kind: 'respond', status: 486, bytes: Buffer.from('486') },
  'timer trying': { kind: 'timer', timer: 'trying' },
  'timer user': { kind: 'timer', timer: 'user' },
  'timer G': { kind: 'timer', timer: 'G' },
  'timer H': { kind: 'timer', timer: 'H' },
  'timer I': { kind: 'timer', timer: 'I' },
  'timer L': { kind: 'timer', timer: 'L' },
}

const proceeding = {
  'respond 100': 'proceeding: no trying, send 100',
  'respond 180': 'proceeding: no trying, send 180, timer user in 600000',
  'respond 200': 'accepted: no trying, no user, send 200, timer L in 32000',
  'respond 486': 'completed: no trying, no user, send 486, timer H in 32000, timer G in 500',
  'timer trying': 'proceeding: trying',
  'timer user': 'proceeding: timeout',
}

t.test('every event in every state of an INVITE server transaction', async t => {
  checkMachine(t, {
    step: stepInviteServer,
    states,
    events,
    expected: {
      ...linesOf('proceeding', proceeding),
      ...linesOf('proceeding, rung', { ...proceeding, INVITE: 'proceeding: send 180' }),
      ...linesOf('proceeding over TCP', {
        ...proceeding,
        'respond 486': 'completed: no trying, no user, send 486, timer H in 32000',
      }),
      ...linesOf('completed', {
        INVITE: 'completed: send 486',
        ACK: 'confirmed: no G, no H, timer I in 5000',
        'timer G': 'completed: send 486, timer G in 1000',
        'timer H': 'terminated: no G, terminated',
      }),
      ...linesOf('completed, slow', {
        INVITE: 'completed: send 486',
        ACK: 'confirmed: no G, no H, timer I in 5000',
        'timer G': 'completed: send 486, timer G in 4000',
        'timer H': 'terminated: no G, terminated',
      }),
      ...linesOf('completed over TCP', {
        INVITE: 'completed: send 486',
        ACK: 'terminated: no H, terminated',
        'timer G': 'completed: send 486, timer G in 1000',
        'timer H': 'terminated: no G, terminated',
      }),
      ...linesOf('accepted', {
        ACK: 'accepted: deliver',
        'respond 200': 'accepted: send 200',
        'timer L': 'terminated: terminated',
      }),
      'confirmed + timer I': 'terminated: terminated',
    },
  })
})

t.test('100 Trying is due after 200 ms, or at once when asked for', async t => {
  const [, ...later] = beginInviteServer(false, limits, tableNow)
  t.equal(effectsText(later), 'timer user in 64000, timer trying in 200')
  const [, ...now] = beginInviteServer(false, { ...limits, tryingMs: 0 }, tableNow)
  t.equal(effectsText(now), 'timer user in 64000, trying')
})
