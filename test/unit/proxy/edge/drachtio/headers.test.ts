import t from 'tap'
import { headerRecord, refreshesTarget, withContact } from '../../../../../proxy/edge/drachtio/headers.ts'

t.test('header lines become one value a name', async t => {
  t.strictSame(headerRecord([]), {})
  t.strictSame(
    headerRecord([
      ['From', 'a'],
      ['X-One', '1'],
    ]),
    { From: 'a', 'X-One': '1' },
  )
})

t.test('lines of one name, in any case, stay lines of their own', async t => {
  t.strictSame(
    headerRecord([
      ['WWW-Authenticate', 'Digest algorithm=SHA-256'],
      ['www-authenticate', 'Digest algorithm=MD5'],
    ]),
    { 'WWW-Authenticate': 'Digest algorithm=SHA-256\r\nwww-authenticate: Digest algorithm=MD5' },
  )
})

t.test('a name that every object has is a header like others', async t => {
  t.same(Object.entries(headerRecord([['__proto__', '1']]) ?? {}), [['__proto__', '1']])
  t.same(Object.entries(headerRecord([['constructor', '1']]) ?? {}), [['constructor', '1']])
})

for (const [name, header] of [
  ['a line break in a value', ['X-A', 'a\r\nX-Evil: 1']],
  ['a bare line feed', ['X-A', 'a\nb']],
  ['a NUL', ['X-A', 'a\0b']],
  ['a colon in a name', ['X-A: 1\r\nX-B', '2']],
  ['an empty name', ['', '1']],
] as const) {
  t.test(`${name} makes the whole message impossible`, async t => {
    t.equal(headerRecord([['From', 'a'], header]), undefined)
  })
}

t.test('a Contact is added unless there is one', async t => {
  t.strictSame(withContact([], '<sip:us>'), [['Contact', '<sip:us>']])
  t.strictSame(withContact([['contact', '<sip:them>']], '<sip:us>'), [['contact', '<sip:them>']])
  t.strictSame(withContact([['m', '<sip:them>']], '<sip:us>'), [['m', '<sip:them>']])
})

t.test('the methods that may change where a dialog is reached are known', async t => {
  t.strictSame(['INVITE', 'UPDATE', 'BYE', 'INFO', 'MESSAGE', 'REGISTER', 'OPTIONS'].map(refreshesTarget), [
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})
