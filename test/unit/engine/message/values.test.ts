import * as fc from 'fast-check'
import t from 'tap'
import { contactUri } from '../../../../engine/message/accessors.ts'
import { response, request, responseTo } from '../../../../engine/message/build.ts'
import { parseCSeq } from '../../../../engine/message/cseq.ts'
import { Headers } from '../../../../engine/message/headers.ts'
import { parseNameAddr, splitList, tagOf, writeNameAddr } from '../../../../engine/message/name-addr.ts'
import { reasonOf } from '../../../../engine/message/reasons.ts'
import { parseVia, writeVia } from '../../../../engine/message/via.ts'

t.test('headers are found by any spelling, also those that the engine does not know', async t => {
  const headers = new Headers([
    ['v', 'a'],
    ['X-Own', 'b'],
    ['VIA', 'c'],
    ['constructor', 'd'],
  ])
  t.strictSame(headers.all('Via'), ['a', 'c'])
  t.equal(headers.get('x-OWN'), 'b')
  t.equal(headers.has('From'), false)
  t.equal(headers.get('__proto__'), undefined)
  t.strictSame(headers.names(), ['via', 'x-own', 'via', 'constructor'])
})

const addresses: readonly [value: string, read: object | undefined][] = [
  ['<sip:a@b>;tag=1', { uri: 'sip:a@b', params: new Map([['tag', '1']]) }],
  ['sip:a@b;tag=1', { uri: 'sip:a@b', params: new Map([['tag', '1']]) }],
  [
    String.raw`"A \"x\" \\" <sip:a@b>`,
    { display: String.raw`A "x" \\`.slice(0, -1), uri: 'sip:a@b', params: new Map() },
  ],
  [
    'A B <sip:a@b;lr>;+sip.instance="<urn:uuid:1>"',
    { display: 'A B', uri: 'sip:a@b;lr', params: new Map([['+sip.instance', '<urn:uuid:1>']]) },
  ],
  ['sip:a@b;x="<y>"', { uri: 'sip:a@b', params: new Map([['x', '<y>']]) }],
  ['"a, b" <sip:c?d=e>', { display: 'a, b', uri: 'sip:c?d=e', params: new Map() }],
  ['*', undefined],
  ['', undefined],
  ['"a <sip:b@c>', undefined],
  ['<sip:a@b', undefined],
  ['< sip:a@b>', undefined],
  ['<>', undefined],
  ['a, b <sip:c@d>', undefined],
  ['sip:a@b?c=d', undefined],
  [
    '<sip:a@b>;tag=1;tag=2;y',
    {
      uri: 'sip:a@b',
      params: new Map([
        ['tag', '1'],
        ['y', undefined],
      ]),
    },
  ],
  ['<sip:a@b>;x=1;x=2', undefined],
  ['<sip:a@b>;;', undefined],
  ['<sip:a@b>;x="', undefined],
  ['<sip:a@b> x', undefined],
]

for (const [value, read] of addresses) {
  t.test(
    `${value === '' ? 'nothing' : value} ${read ? 'is an address' : 'is refused as an address'}`,
    async t => {
      const address = parseNameAddr(value)
      t.strictSame(address, read)
      if (address) t.strictSame(parseNameAddr(writeNameAddr(address)), read)
    },
  )
}

t.test('any display name survives', async t => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), display => {
      t.equal(parseNameAddr(writeNameAddr({ display, uri: 'sip:a@b', params: new Map() }))?.display, display)
    }),
  )
})

for (const [value, tag] of [
  ['<sip:a@b>;tag=x', 'x'],
  ['<sip:a@b;tag=no>', undefined],
  ['<sip:a@b;tag=no> ; TAG = x ;y', 'x'],
  ['"a>;tag=no" <sip:a@b>;tag=x', 'x'],
  ['<sip:a@b>;z=">;tag=no";tag=x', 'x'],
  ['sip:a@b;tag=x;y', 'x'],
  ['<sip:a@b>;tag=x;tag=y', 'x'],
  ['"a" <sip:a@b>;tag=x;tag=y', 'x'],
  ['sip:a@b', undefined],
  ['', undefined],
] as const) {
  t.test(`the tag of ${value === '' ? 'nothing' : value} is ${tag}`, async t => {
    t.equal(tagOf(value), tag)
  })
}

t.test('lists are split outside quotes and angle brackets', async t => {
  t.strictSame(splitList('"a, \\", b" <sip:c,d>;x=1 , <sip:e>,, f'), [
    '"a, \\", b" <sip:c,d>;x=1',
    '<sip:e>',
    'f',
  ])
  t.strictSame(splitList(' '), [])
})

const vias: readonly [value: string, written: string | undefined][] = [
  ['SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport'],
  [
    'SIP / 2.0 / tcp   a.example.com : 4000 ;ttl=16 ; branch=z9',
    'SIP/2.0/TCP a.example.com:4000;branch=z9;ttl=16',
  ],
  ['SIP/2.0/WSS q7f8.invalid;branch=z9=', 'SIP/2.0/WSS q7f8.invalid;branch=z9='],
  ['SIP/2.0/UDP a;branch=z9@b/c==', 'SIP/2.0/UDP a;branch=z9@b/c=='],
  ['SIP/2.0/UDP a;branch="z9 ;p"', 'SIP/2.0/UDP a;branch="z9 ;p"'],
  [
    'SIP/2.0/UDP [2001:db8::1]:5060;received=2001:db8::2',
    'SIP/2.0/UDP [2001:db8::1]:5060;received=2001:db8::2',
  ],
  ['SIP/2.0/UDP [2001:db8::1];received=[2001:db8::2]', 'SIP/2.0/UDP [2001:db8::1];received=[2001:db8::2]'],
  ['SIP/3.0/UDP a', undefined],
  ['SIP/2.0/UDP', undefined],
  ['SIP/2.0/UDP a b', undefined],
  ['SIP/2.0/UDP a:0', undefined],
  ['SIP/2.0/UDP 2001:db8::1', undefined],
  ['SIP/2.0/UDP a;branch=1;branch=2', undefined],
  ['SIP/2.0/UDP a;branch', 'SIP/2.0/UDP a'],
]

for (const [value, written] of vias) {
  t.test(`Via ${value} ${written === undefined ? 'is refused' : 'is read'}`, async t => {
    const via = parseVia(value)
    t.equal(via === undefined ? undefined : writeVia(via), written)
  })
}

for (const [value, read] of [
  ['1 INVITE', { number: 1, method: 'INVITE' }],
  ['0009  INVITE', { number: 9, method: 'INVITE' }],
  ['2147483647 ACK', { number: 2_147_483_647, method: 'ACK' }],
  ['2147483648 ACK', undefined],
  ['36893488147419103232 REGISTER', undefined],
  ['INVITE', undefined],
  ['1', undefined],
  ['1INVITE', undefined],
  ['-1 INVITE', undefined],
  ['1 IN VITE', undefined],
] as const) {
  t.test(`CSeq ${value} ${read ? 'is read' : 'is refused'}`, async t => {
    t.strictSame(parseCSeq(value), read)
  })
}

t.test('a response takes over what RFC 3261 asks for, and adds the tag once', async t => {
  const asked = request('INVITE', 'sip:a', [
    ['v', 'one'],
    ['f', 'sip:b;tag=2'],
    ['Subject', 'no'],
    ['To', 'sip:a'],
    ['Via', 'two'],
    ['i', 'c'],
    ['CSeq', '1 INVITE'],
  ])
  const answer = responseTo(asked, 486, { toTag: 'x', headers: [['Reason', 'y']] })
  t.equal(answer.reason, 'Busy Here')
  t.strictSame(answer.headers.lines, [
    ['Via', 'one'],
    ['From', 'sip:b;tag=2'],
    ['To', 'sip:a;tag=x'],
    ['Via', 'two'],
    ['Call-ID', 'c'],
    ['CSeq', '1 INVITE'],
    ['Reason', 'y'],
  ])
  const inDialog = responseTo(request('BYE', 'sip:a', [['To', '<sip:a>;tag=old']]), 200, { toTag: 'new' })
  t.equal(inDialog.headers.get('To'), '<sip:a>;tag=old')
})

t.test('the remote target is the first Contact', async t => {
  t.equal(contactUri(response(200, [['m', '"A" <sip:a@b;lr>;q=1, <sip:c>']])), 'sip:a@b;lr')
  t.equal(contactUri(response(200, [['Contact', '*']])), undefined)
  t.equal(contactUri(response(200, [])), undefined)
})

t.test('every status has a phrase', async t => {
  t.equal(reasonOf(481), 'Call/Transaction Does Not Exist')
  t.equal(reasonOf(599), 'Server Failure')
})
