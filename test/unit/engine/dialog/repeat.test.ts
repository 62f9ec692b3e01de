import t from 'tap'
import {
  beginRepeat,
  stepRepeat,
  untilAck,
  untilPrack,
  type Repetition,
  type RepeatState,
} from '../../../../engine/dialog/repeat.ts'
import { checkMachine, effectsText, tableNow } from '../../../support/machine-table.ts'

const bytes = Buffer.from('copy')
const waiting = (repetition: Repetition, intervalMs: number, leftMs: number): RepeatState => ({
  kind: 'waiting',
  repetition,
  bytes,
  intervalMs,
  until: tableNow + leftMs,
})

t.test('every event in every state of a 2xx that waits for its ACK', async t => {
  checkMachine(t, {
    step: stepRepeat,
    states: {
      fresh: waiting(untilAck, 500, 31_500),
      slow: waiting(untilAck, 4000, 9000),
      'nearly out of patience': waiting(untilAck, 4000, 500),
      'out of patience': waiting(untilAck, 4000, 0),
      over: { kind: 'over' },
    },
    events: { ack: 'acknowledged', ring: 'ring' },
    expected: {
      'fresh + ack': 'over: no 2xx, terminated',
      'fresh + ring': 'waiting: send copy, timer 2xx in 1000',
      'slow + ack': 'over: no 2xx, terminated',
      'slow + ring': 'waiting: send copy, timer 2xx in 4000',
      'nearly out of patience + ack': 'over: no 2xx, terminated',
      'nearly out of patience + ring': 'waiting: send copy, timer 2xx in 500',
      'out of patience + ack': 'over: no 2xx, terminated',
      'out of patience + ring': 'over: timeout, terminated',
    },
  })
})

t.test('every event in every state of a reliable response that waits for its PRACK', async t => {
  checkMachine(t, {
    step: stepRepeat,
    states: {
      fresh: waiting(untilPrack, 500, 31_500),
      slow: waiting(untilPrack, 8000, 20_000),
      'nearly out of patience': waiting(untilPrack, 16_000, 500),
      'out of patience': waiting(untilPrack, 16_000, 0),
      over: { kind: 'over' },
    },
    events: { prack: 'acknowledged', ring: 'ring' },
    expected: {
      'fresh + prack': 'over: no 1xx, terminated',
      'fresh + ring': 'waiting: send copy, timer 1xx in 1000',
      'slow + prack': 'over: no 1xx, terminated',
      'slow + ring': 'waiting: send copy, timer 1xx in 16000',
      'nearly out of patience + prack': 'over: no 1xx, terminated',
      'nearly out of patience + ring': 'waiting: send copy, timer 1xx in 500',
      'out of patience + prack': 'over: no 1xx, terminated',
      'out of patience + ring': 'over: timeout, terminated',
    },
  })
})

for (const [name, repetition] of Object.entries({ ACK: untilAck, PRACK: untilPrack })) {
  t.test(`patience for the ${name} is 64·T1 from when the response was sent`, async t => {
    const [state, ...effects] = beginRepeat(bytes, repetition, tableNow)
    t.match(state, { kind: 'waiting', until: tableNow + 32_000 })
    t.equal(effectsText(effects), `timer ${repetition.timer} in 500`)
  })
}
