import t from 'tap'
import { beginAnswer, stepAnswer, type AnswerState } from '../../../../engine/dialog/answer.ts'
import { checkMachine, effectsText, tableNow } from '../../../support/machine-table.ts'

const bytes = Buffer.from('200')
const waiting = (intervalMs: number, until: number): AnswerState => ({
  kind: 'waiting',
  bytes,
  intervalMs,
  until,
})

t.test('every event in every state of a 2xx that waits for its ACK', async t => {
  checkMachine(t, {
    step: stepAnswer,
    states: {
      fresh: waiting(500, tableNow + 31_500),
      slow: waiting(4000, tableNow + 9000),
      'nearly out of patience': waiting(4000, tableNow + 500),
      'out of patience': waiting(4000, tableNow),
      over: { kind: 'over' },
    },
    events: { ack: 'ack', ring: 'ring' },
    expected: {
      'fresh + ack': 'over: no 2xx, terminated',
      'fresh + ring': 'waiting: send 200, timer 2xx in 1000',
      'slow + ack': 'over: no 2xx, terminated',
      'slow + ring': 'waiting: send 200, timer 2xx in 4000',
      'nearly out of patience + ack': 'over: no 2xx, terminated',
      'nearly out of patience + ring': 'waiting: send 200, timer 2xx in 500',
      'out of patience + ack': 'over: no 2xx, terminated',
      'out of patience + ring': 'over: timeout, terminated',
    },
  })
})

t.test('patience is 64·T1 from when the 2xx was sent', async t => {
  const [state, ...effects] = beginAnswer(bytes, tableNow)
  t.match(state, { kind: 'waiting', until: tableNow + 32_000 })
  t.equal(effectsText(effects), 'timer 2xx in 500')
})
