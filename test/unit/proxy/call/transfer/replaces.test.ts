import t from 'tap'
import { Headers } from '../../../../../engine/message/headers.ts'
import { isReplaced, parseReplaces, replacesOf } from '../../../../../proxy/call/transfer/replaces.ts'

t.test('a dialog is named by its Call-ID and both tags (RFC 3891 §6.1)', t => {
  const named = { callId: '12@home', tags: ['x', 'y'] }
  for (const value of [
    '12@home;to-tag=x;from-tag=y',
    '12@home ; from-tag=y ; early-only ; to-tag=x',
    ' 12@home;to-tag=x;from-tag=y;other=1',
    '12@home;TO-TAG=x;From-Tag = y',
  ])
    t.strictSame(parseReplaces(value), named, value)
  const bad = ['', '12@home', '12@home;to-tag=x', '12@home;from-tag=y', ';to-tag=x;from-tag=y']
  for (const value of [...bad, '12@home;to-tag=x;to-tag=z;from-tag=y'])
    t.equal(parseReplaces(value), undefined, value)
  t.end()
})

t.test('an INVITE names at most one, or is bad (RFC 3891 §3)', t => {
  const line = ['Replaces', '12@home;to-tag=x;from-tag=y'] as const
  t.equal(replacesOf(new Headers([])), undefined)
  t.match(replacesOf(new Headers([line])), { callId: '12@home' })
  t.equal(replacesOf(new Headers([line, line])), 400)
  t.equal(replacesOf(new Headers([['replaces', 'nothing']])), 400)
  t.end()
})

t.test('whichever of the tags is that of the caller, the Call-ID must be the same', t => {
  const named = { callId: '12@home', tags: ['x', 'y'] } as const
  t.ok(isReplaced('12@home;from-tag=x', named))
  t.ok(isReplaced('12@home;from-tag=y', named))
  t.notOk(isReplaced('12@home;from-tag=z', named))
  t.notOk(isReplaced('13@home;from-tag=x', named))
  t.notOk(isReplaced('', named))
  t.end()
})
