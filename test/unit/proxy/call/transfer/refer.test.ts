import t from 'tap'
import { Headers } from '../../../../../engine/message/headers.ts'
import type { HeaderLine } from '../../../../../engine/message/message.ts'
import { readRefer, type Referral } from '../../../../../proxy/call/transfer/refer.ts'

/** A REFER to `target`. */
function to(target: string, ...more: readonly HeaderLine[]): Referral {
  return readRefer(new Headers([['CSeq', '7 REFER'], ['Refer-To', target], ...more]), 'portico.test')
}

const bob: Referral = { kind: 'asked', to: { kind: 'agent', agent: 'bob' }, cseq: 7, isSilent: false }
const dialog = 'Replaces=12%40home%3Bto-tag%3Dx%3Bfrom-tag%3Dy'

t.test('a target is an agent of the domain, however it is written', t => {
  for (const target of [
    '<sip:bob@portico.test>',
    'sip:bob@portico.test',
    '"Bob" <sips:BOB@Portico.Test:443;transport=ws>;x=1',
    '<sip:%62ob@portico.test;method=INVITE>',
  ])
    t.strictSame(to(target), bob, target)
  t.strictSame(readRefer(new Headers([['r', '<sip:bob@portico.test>']]), 'portico.test'), {
    kind: 'asked',
    to: { kind: 'agent', agent: 'bob' },
    isSilent: false,
  })
  t.end()
})

t.test('who wants to hear nothing says so (RFC 4488)', t => {
  for (const value of ['false', ' FALSE ', 'false;x=1'])
    t.match(to('<sip:bob@portico.test>', ['Refer-Sub', value]), { isSilent: true }, value)
  t.match(to('<sip:bob@portico.test>', ['Refer-Sub', 'true']), { isSilent: false })
  t.end()
})

t.test(
  'an attended transfer names the dialog whose other end is meant, whatever the address (RFC 3891)',
  t => {
    const asked = { kind: 'asked', to: { kind: 'other-end', of: { callId: '12@home', tags: ['x', 'y'] } } }
    for (const target of [
      `<sip:bob@portico.test?${dialog}>`,
      `<sip:bob@portico.test?${dialog}%3Bearly-only>`,
      `<sip:bob@portico.test?${dialog}&Require=replaces>`,
      `<sip:bob@portico.test?Require=replaces&${dialog}>`,
      `"Bob" <sip:door@198.51.100.1:8443;transport=ws?${dialog}>`,
      `<sips:portico.example?replaces=12%40home%3Bfrom-tag%3Dy%3Bto-tag%3Dx>`,
    ])
      t.match(to(target), { ...asked, to: { of: { callId: '12@home' } } }, target)
    t.match(to(`<sip:bob@portico.test?${dialog}>`), asked)
    t.end()
  },
)

t.test('a target is a number when no agent can be called like that, or when it says so', t => {
  for (const [target, number] of [
    ['<tel:+49-30-123.456>', '+4930123456'],
    ['<sip:+4930123456@portico.test>', '+4930123456'],
    ['<sip:%2b4930123@portico.test;user=phone>', '+4930123'],
    ['<sip:030123@portico.test;user=phone>', '030123'],
    ['<sip:*21%23@portico.test>', '*21#'],
  ] as const)
    t.match(to(target), { kind: 'asked', to: { kind: 'number', number } }, target)
  t.match(to('<sip:030123@portico.test>'), { to: { kind: 'agent', agent: '030123' } }, 'perhaps an agent')
  t.end()
})

const refusals: readonly (readonly [why: string, target: string, status: number])[] = [
  ['another domain', '<sip:bob@elsewhere.test>', 403],
  ['a domain that only begins or ends like ours', '<sip:bob@portico.test.evil.test>', 403],
  ['an address of the inside', '<sip:agt-bob@127.0.1.1:5060>', 403],
  ['a password', '<sip:bob:secret@portico.test>', 403],
  ['a number that is none', '<tel:call-me>', 603],
  ['a number of some network only', '<tel:123;phone-context=+49>', 603],
  ['a number that brings a header along', '<tel:+4930123456?Route=x>', 400],
  ['a dialog by another scheme', `<https://portico.test?${dialog}>`, 416],
  ['a dialog by another request', `<sip:bob@portico.test;method=BYE?${dialog}>`, 501],
  ['a number of another domain', '<sip:+4930123456@elsewhere.test>', 403],
  ['more digits than any number has', '<sip:+490000000000000000000000000000000000@portico.test>', 603],
  ['nobody', '<sip:portico.test>', 603],
  ['a name that no agent has', '<sip:bob%20%0d%0aX-Evil@portico.test>', 603],
  ['another scheme', '<https://portico.test/bob>', 416],
  ['another request', '<sip:bob@portico.test;method=BYE>', 501],
  ['a header that it brings along', '<sip:bob@portico.test?Route=%3Csip:127.0.1.1%3E>', 400],
  ['a header beside Replaces', `<sip:bob@portico.test?${dialog}&X-Evil=1>`, 400],
  ['two dialogs', `<sip:bob@portico.test?${dialog}&${dialog}>`, 400],
  ['a demand beside Replaces', `<sip:bob@portico.test?${dialog}&Require=100rel>`, 400],
  ['a broken Replaces', '<sip:bob@portico.test?Replaces=12%40home>', 400],
  ['two targets in one line', '<sip:bob@portico.test>, <sip:eve@portico.test>', 400],
  ['no address', 'bob', 400],
  ['a name of more than any length', `"${'x'.repeat(600)}" <sip:bob@portico.test>`, 400],
]
for (const [why, target, status] of refusals)
  t.test(`${why} is refused with ${status}`, async t => {
    t.strictSame(to(target), { kind: 'refused', status })
  })

t.test('there is exactly one target (RFC 3515 §2.4.2)', t => {
  const refused = { kind: 'refused', status: 400 }
  t.strictSame(readRefer(new Headers([]), 'portico.test'), refused)
  t.strictSame(to('<sip:bob@portico.test>', ['r', '<sip:eve@portico.test>']), refused)
  t.end()
})
