import t from 'tap'
import { parseSipOrder, printable } from '../../../../engine/control/sip-order.ts'

const order = (...lines: string[]): ReturnType<typeof parseSipOrder> =>
  parseSipOrder(Buffer.from(lines.join('\r\n')))

t.test('a request is read, its body is what follows the empty line', async t => {
  const read = order(
    'INVITE sip:1001@10.0.0.21 SIP/2.0',
    'from: <sip:a@localhost>',
    'content-length: 1',
    '',
    'v=0 é',
  )
  t.strictSame(read, {
    kind: 'request',
    method: 'INVITE',
    uri: 'sip:1001@10.0.0.21',
    headers: [
      ['from', '<sip:a@localhost>'],
      ['content-length', '1'],
    ],
    body: Buffer.from('v=0 é'),
  })
})

t.test('a response is read, also without a reason', async t => {
  t.match(order('SIP/2.0 486 Busy Here', '', ''), { kind: 'response', status: 486, reason: 'Busy Here' })
  t.match(order('SIP/2.0 200', '', ''), { kind: 'response', status: 200, reason: '' })
})

t.test('lines of one name stay apart and folded lines are joined', async t => {
  const read = order('SIP/2.0 401 Unauthorized', 'WWW-Authenticate: a', 'WWW-Authenticate: b,', '  c', '', '')
  t.match(read, {
    headers: [
      ['WWW-Authenticate', 'a'],
      ['WWW-Authenticate', 'b, c'],
    ],
  })
})

t.test('what is no header line is left out', async t => {
  t.match(order('OPTIONS sip:x SIP/2.0', 'no colon', 'bad name: 1', ': 2', 'Good: 3', '', ''), {
    headers: [['Good', '3']],
  })
})

t.test('a start line that is none is refused with its text', async t => {
  for (const start of [
    '',
    'INVITE',
    'INVITE sip:x',
    'INVITE sip:x SIP/3.0',
    'SIP/2.0 999 X',
    'IN VITE sip:x SIP/2.0',
  ]) {
    t.equal(order(start, '', '').kind, 'broken', start)
  }
})

t.test('a refusal never breaks its own leader line apart', async t => {
  t.equal(printable('a|b\r\nc\u0000d'), 'a b  c d')
  t.equal(printable('x'.repeat(1000)).length, 200)
})
