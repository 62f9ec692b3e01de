import t from 'tap'
import { beginReliable, stepReliable, type ReliableState } from '../../../../engine/dialog/reliable.ts'
import { checkMachine, effectsText, tableNow } from '../../../support/machine-table.ts'

const bytes = Buffer.from('183')
const waiting = (intervalMs: number, until: number): ReliableState => ({
  kind: 'waiting',
  bytes,
  intervalMs,
  until,
})

t.test('every event in every state of a reliable response that waits for its PRACK', async t => {
  checkMachine(t, {
    step: stepReliable,
    states: {
      fresh: waiting(500, tableNow + 31_500),
      slow: waiting(8000, tableNow + 20_000),
      'nearly out of patience': waiting(16_000, tableNow + 500),
      'out of patience': waiting(16_000, tableNow),
      over: { kind: 'over' },
    },
    events: { prack: 'prack', ring: 'ring' },
    expected: {
      'fresh + prack': 'over: no 1xx, terminated',
      'fresh + ring': 'waiting: send 183, timer 1xx in 1000',
      'slow + prack': 'over: no 1xx, terminated',
      'slow + ring': 'waiting: send 183, timer 1xx in 16000',
      'nearly out of patience + prack': 'over: no 1xx, terminated',
      'nearly out of patience + ring': 'waiting: send 183, timer 1xx in 500',
      'out of patience + prack': 'over: no 1xx, terminated',
      'out of patience + ring': 'over: timeout, terminated',
    },
  })
})

t.test('patience is 64·T1 from when the response was sent', async t => {
  const [state, ...effects] = beginReliable(bytes, tableNow)
  t.match(state, { kind: 'waiting', until: tableNow + 32_000 })
  t.equal(effectsText(effects), 'timer 1xx in 500')
})
