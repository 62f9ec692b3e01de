import t from 'tap'
import { parseUri, sameUri, unescaped, writeUri } from '../../../../engine/message/uri.ts'

const read: readonly [text: string, parts: object][] = [
  ['sip:alice@example.com', { scheme: 'sip', user: 'alice', host: 'example.com', port: undefined }],
  ['SIPS:alice:secret@example.com:5061', { scheme: 'sips', user: 'alice', password: 'secret', port: 5061 }],
  ['sip:192.0.2.1', { user: undefined, host: '192.0.2.1' }],
  ['sip:a@[2001:db8::1]:5070;transport=tcp', { host: '2001:db8::1', port: 5070 }],
  ['sip:a;b=c?d@example.com', { user: 'a;b=c?d', host: 'example.com' }],
  ['sip:*67#123@example.com', { user: '*67#123' }],
  ['sip:a@example.com?Route=%3Csip:b%3E&x=y', { headers: 'Route=%3Csip:b%3E&x=y' }],
  ['tel:+1-201-555-0123;phone-context=example.com', { scheme: 'tel', user: '+1-201-555-0123', host: '' }],
  ['soap.beep://192.0.2.103:3002', { scheme: 'soap.beep', host: '//192.0.2.103:3002' }],
  ['sip:3j2k1@q7f8.invalid;transport=ws', { host: 'q7f8.invalid' }],
]

for (const [text, parts] of read) {
  t.test(`${text} is read and written back`, async t => {
    const uri = parseUri(text)
    if (uri === undefined) return void t.fail('was refused')
    t.match(uri, parts)
    t.equal(writeUri(uri).toLowerCase(), text.toLowerCase())
  })
}

t.test('parameters are found by their name in lower case', async t => {
  const params = parseUri('sip:example.com;LR;Transport=UDP')?.params
  t.strictSame(
    [...(params ?? [])],
    [
      ['lr', undefined],
      ['transport', 'UDP'],
    ],
  )
})

const broken = [
  '',
  'sip:',
  'sip',
  ':a',
  'alice@example.com',
  '<sip:a@b>',
  'sip:@example.com',
  'sip:a@',
  'sip:a@b@c',
  'sip:a b@c',

  'sip:a@b:0',
  'sip:a@b:65536',
  'sip:a@b:',
  'sip:a@b:5060x',
  'sip:2001:db8::10',
  'sip:[2001:db8::g]',
  'sip:[::1',

  'sip:[::1]x',
  'sip:[1::2::3]',
  'sip:[1:2:3:4:5:6:7]',
  'sip:a@b;;lr',
  'sip:a@b;',
  'sip:a@b;x=1;X=2',
  'sip:a%@b',
  'sip:a%2@b',
  'sip:a@b%41',
  'sip:a@b\r\nc',
  'sip:a\0@b',
  'sip:ä@b',
  'tel:',
  'tel:1 2',
  '1sip:a@b',
]

for (const text of broken) {
  t.test(`refused: ${JSON.stringify(text)}`, async t => {
    t.equal(parseUri(text), undefined)
  })
}

/** RFC 3261 §19.1.4. */
const comparisons: readonly [same: boolean, a: string, b: string][] = [
  [true, 'sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
  [true, 'sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
  [true, 'sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
  [
    true,
    'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
    'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
  ],
  [
    true,
    'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
  ],
  [false, 'SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
  [false, 'sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
  [false, 'sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
  [false, 'sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
  [false, 'sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
  [false, 'sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
  [false, 'sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
  [false, 'sip:a@b', 'sips:a@b'],
  [false, 'sip:a%3Bb@c', 'sip:a;b@c'],
  [false, 'sip:a:x@c', 'sip:a@c'],
]

for (const [same, a, b] of comparisons) {
  t.test(`${a} ${same ? 'is' : 'is not'} ${b}`, async t => {
    const [first, second] = [parseUri(a), parseUri(b)]
    if (!first || !second) return void t.fail('one was refused')
    t.equal(sameUri(first, second), same)
    t.equal(sameUri(second, first), same)
  })
}

t.test('escapes mean bytes of UTF-8', async t => {
  t.equal(unescaped('%2B49%c3%a4%00x'), '+49ä\0x')
})
