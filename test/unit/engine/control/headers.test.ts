import t from 'tap'
import type { ListenerAddress } from '../../../../engine/api.ts'
import {
  cancelHeaders,
  inDialogHeaders,
  newRequestHeaders,
  properName,
  responseHeaders,
  withContentType,
} from '../../../../engine/control/headers.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'

const udp: ListenerAddress = {
  name: 'trunk',
  transport: 'udp',
  bound: { host: '10.0.0.4', port: 5060 },
  advertised: { host: '203.0.113.5', port: 5080 },
}
const ws: ListenerAddress = { ...udp, name: 'agents', transport: 'wss' }
const addressed: readonly HeaderLine[] = [
  ['From', '<sip:us@x>'],
  ['To', '<sip:them@y>'],
]
const value = (lines: readonly HeaderLine[], name: string): string | undefined =>
  lines.find(([found]) => found === name)?.[1]

t.test('headers that are the engine’s are dropped from a new request, Call-ID and CSeq pass', async t => {
  const given: readonly HeaderLine[] = [
    ...addressed,
    ['via', 'SIP/2.0/UDP evil'],
    ['Route', '<sip:evil;lr>'],
    ['Record-Route', '<sip:evil;lr>'],
    ['RSeq', '1'],
    ['l', '5'],
    ['call-id', 'mine'],
    ['cseq', '7 INVITE'],
  ]
  t.strictSame(newRequestHeaders(given, udp), [...addressed, ['Call-ID', 'mine'], ['CSeq', '7 INVITE']])
})

t.test('inside a dialog what names the dialog is dropped as well', async t => {
  const given: readonly HeaderLine[] = [...addressed, ['call-id', 'c'], ['CSeq', '9 BYE'], ['X-Kept', '1']]
  t.strictSame(inDialogHeaders(given, udp), [['X-Kept', '1']])
})

const replaced: readonly [
  name: string,
  header: string,
  from: ListenerAddress,
  given: string,
  sent: string,
][] = [
  ['a From', 'From', udp, '"A" <sip:a@localhost;x=1>;tag=t', '"A" <sip:a@203.0.113.5:5080;x=1>;tag=t'],
  ['a bare From', 'From', udp, 'sip:a@localhost;tag=t', 'sip:a@203.0.113.5:5080;tag=t'],
  ['a From with a port', 'From', udp, '<sip:a@localhost:5060>', '<sip:a@203.0.113.5:5080>'],
  ['a P-Asserted-Identity', 'P-Asserted-Identity', udp, '<sip:a@localhost>', '<sip:a@203.0.113.5:5080>'],
  ['a Contact on UDP', 'Contact', udp, '<sip:a@localhost>', '<sip:a@203.0.113.5:5080>'],
  ['a Contact on WS', 'Contact', ws, 'sip:a@localhost', '<sip:a@203.0.113.5:5080;transport=ws>'],
  [
    'a Contact that names its transport',
    'Contact',
    ws,
    '<sip:a@localhost;transport=wss>',
    '<sip:a@203.0.113.5:5080;transport=wss>',
  ],
  ['no other host', 'Contact', ws, '<sip:a@localhost.example.com>', '<sip:a@localhost.example.com>'],
  ['no other header', 'X-Note', udp, 'a@localhost', 'a@localhost'],
]
for (const [name, header, from, given, sent] of replaced) {
  t.test(`@localhost becomes the listener’s address: ${name}`, async t => {
    t.equal(value(newRequestHeaders([[header, given]], from), header), sent)
  })
}

t.test('@localhost without a known listener drops the header', async t => {
  t.strictSame(
    inDialogHeaders(
      [
        ['Contact', '<sip:a@localhost>'],
        ['X-A', '1'],
      ],
      undefined,
    ),
    [['X-A', '1']],
  )
})

t.test('the To tag of a response is taken out, the dialog’s headers are dropped', async t => {
  const { headers, tag } = responseHeaders(
    [
      ['call-id', 'c'],
      ['cseq', '1 INVITE'],
      ['from', '<sip:a@x>;tag=f'],
      ['to', '<sip:b@y>;tag=chosen-1'],
      ['contact', '<sip:b@z>'],
    ],
    udp,
  )
  t.equal(tag, 'chosen-1')
  t.strictSame(headers, [['Contact', '<sip:b@z>']])
})

t.test('a To tag that is no token is not taken', async t => {
  t.equal(responseHeaders([['to', '<sip:b@y>;tag=a"b']], udp).tag, undefined)
  t.equal(responseHeaders([['to', '<sip:b@y>']], udp).tag, undefined)
})

t.test('a CANCEL carries Reason and own headers only', async t => {
  const kept: readonly HeaderLine[] = [
    ['Reason', 'SIP ;cause=200'],
    ['X-Why', '1'],
  ]
  t.strictSame(cancelHeaders([...kept, ['Contact', '<sip:a@x>'], ['Authorization', 'x']]), kept)
})

t.test('names are written as they are known', async t => {
  const names: readonly (readonly [string, string])[] = [
    ['contact', 'Contact'],
    ['call-id', 'Call-ID'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['p-asserted-identity', 'P-Asserted-Identity'],
    ['m', 'Contact'],
    ['X-camelCase', 'X-camelCase'],
  ]
  for (const [given, written] of names) t.equal(properName(given), written)
})

t.test('a body that begins as SDP needs no Content-Type', async t => {
  t.strictSame(withContentType([], Buffer.from('v=0\r\n')), [['Content-Type', 'application/sdp']])
  t.strictSame(withContentType([['c', 'x/y']], Buffer.from('v=0\r\n')), [['c', 'x/y']])
  t.strictSame(withContentType([], Buffer.from('hello')), [])
})
