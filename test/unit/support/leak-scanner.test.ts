import t from 'tap'
import { LeakScanner } from '../../support/leak-scanner.ts'
import { writeSip } from '../../support/sip-text.ts'

const inside = writeSip('SIP/2.0 200 OK', [
  ['Via', 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKinside'],
  ['From', '<sip:1001@portico.test>;tag=door-tag'],
  ['To', '<sip:agt-1001@127.0.1.1>;tag=server-tag'],
  ['Call-ID', 'call-of-the-inside'],
  ['CSeq', '1 INVITE'],
  ['Server', 'A media server 22'],
  ['Warning', '399 media-1 "all is well"'],
])

function scanner(): LeakScanner {
  const made = new LeakScanner()
  for (const mark of ['127.0.1.1', '127.0.0.1:5070', 'asterisk-1.inside']) made.mark(mark)
  made.inside(inside, 'server')
  return made
}

/** What leaks when an agent gets a message with that header, or with that body. */
function leaksOf(name: string, value: string, body = ''): readonly string[] {
  const made = scanner()
  made.toOutside(
    writeSip(
      'SIP/2.0 200 OK',
      [
        ['Call-ID', 'of the agent'],
        [name, value],
      ],
      body,
    ),
  )
  return made.leaks()
}

const leaking: readonly (readonly [string, string])[] = [
  ['Contact', '<sip:asterisk@127.0.1.1:5060>'],
  ['Contact', '<sip:asterisk@[::ffff:127.0.1.1]>'],
  ['Via', 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx'],
  ['Via', 'SIP/2.0/WSS door.example;branch=z9hG4bKinside'],
  ['X-Host', 'ASTERISK-1.inside'],
  ['From', '<sip:x@y>;tag=door-tag'],
  ['To', '<sip:x@y>;tag=server-tag'],
  ['Replaces', 'call-of-the-inside;to-tag=a;from-tag=b'],
  ['User-Agent', 'A media server 22'],
  ['Subject', '399 media-1 "all is well"'],
]
for (const [name, value] of leaking)
  t.test(`${name}: ${value} is found`, async t => t.not(leaksOf(name, value).length, 0))

t.test('a body and a reason phrase are read too', async t => {
  t.not(leaksOf('Content-Type', 'application/sdp', 'c=IN IP4 127.0.1.1').length, 0)
  const made = scanner()
  made.toOutside('SIP/2.0 486 Busy at 127.0.1.1\r\n\r\n')
  t.strictSame(made.leaks(), [
    '127.0.1.1 in “SIP/2.0 486 Busy at 127.0.1.1” of SIP/2.0 486 Busy at 127.0.1.1',
  ])
})

t.test('what was seen inside only later is found as well', async t => {
  const made = new LeakScanner()
  made.toOutside(writeSip('BYE sip:a@b SIP/2.0', [['Call-ID', 'call-of-the-inside']]))
  t.strictSame(made.leaks(), [])
  made.inside(inside, 'server')
  t.equal(made.leaks().length, 1)
})

const harmless: readonly (readonly [string, string])[] = [
  ['Contact', '<sip:door.example:8443;transport=ws>'],
  ['X-Like-It', '127.0.1.10 1127.0.1.1 127.0.1.1.5 127.0.0.1:50700'],
]
for (const [name, value] of harmless)
  t.test(`${name}: ${value} is no leak`, async t => t.strictSame(leaksOf(name, value), []))

t.test('what somebody outside said first is no news there', async t => {
  const made = scanner()
  made.fromOutside(writeSip('INVITE sip:a@b SIP/2.0', [['Call-ID', 'call-of-the-inside']]))
  made.toOutside(writeSip('SIP/2.0 200 OK', [['Call-ID', 'call-of-the-inside']]))
  t.strictSame(made.leaks(), [])
})

t.test('what leaked is remembered when the rest is let go', async t => {
  const made = scanner()
  made.toOutside(writeSip('SIP/2.0 200 OK', [['Server', 'at asterisk-1.inside']]))
  made.settle()
  t.equal(made.messages, 0)
  t.equal(made.leaks().length, 1)
  made.settle()
  t.equal(made.leaks().length, 1)
})
