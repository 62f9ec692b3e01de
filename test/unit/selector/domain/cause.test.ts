import t from 'tap'
import { causeOfStatus, causeText, statusOfCause } from '../../../../selector/domain/cause.ts'

t.test('a SIP status has the cause that RFC 3398 gives it', t => {
  for (const [status, cause] of [
    [404, 1],
    [486, 17],
    [600, 17],
    [480, 18],
    [408, 102],
    [603, 21],
    [484, 28],
    [503, 41],
  ] as const)
    t.equal(causeOfStatus(status), cause, String(status))
  t.end()
})

t.test('a status that nobody knows has the cause of its class', t => {
  t.strictSame([499, 599, 699].map(causeOfStatus), [127, 41, 21])
  t.end()
})

t.test('a cause has the status that RFC 3398 gives it, and 500 when it gives none', t => {
  t.strictSame([1, 17, 18, 19, 21, 34, 127].map(statusOfCause), [404, 486, 408, 480, 403, 503, 500])
  t.end()
})

t.test('causes are told in words', t => {
  t.equal(causeText(17), 'busy')
  t.equal(causeText(99), 'the call could not be completed')
  t.end()
})
