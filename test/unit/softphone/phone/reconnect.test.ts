import t from 'tap'
import { reconnectDelayMs } from '../../../../softphone/phone/reconnect.ts'

t.test('the ladder doubles from half a second to fifteen', async t => {
  const ladder = [1, 2, 3, 4, 5, 6, 7, 1000].map(attempt => reconnectDelayMs(attempt, 0))
  t.strictSame(ladder, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
})

t.test('chance takes away up to half', async t => {
  t.equal(reconnectDelayMs(3, 0.5), 1500)
  t.equal(reconnectDelayMs(3, 0.999_999), 1000)
})
