import t from 'tap'
import { digestHa1, digestResponse, parseAuth, writeAuth } from '../../../../engine/message/digest.ts'

const challenge =
  'Digest realm="atlanta.com", domain="sip:a, sip:b", qop="auth,auth-int", nonce="f84f1c", opaque="", stale=FALSE, algorithm=MD5'

t.test('a challenge is read and written back', async t => {
  const auth = parseAuth(challenge)
  t.equal(auth?.scheme, 'Digest')
  t.equal(auth?.params.get('domain'), 'sip:a, sip:b')
  t.equal(auth?.params.get('opaque'), '')
  t.equal(auth && writeAuth(auth), challenge)
})

t.test('an answer carries qop and nc without quotes', async t => {
  const answer = String.raw`Digest username="b\"ob", qop=auth, nc=00000001, response="6629"`
  const auth = parseAuth(answer)
  t.equal(auth?.params.get('username'), 'b"ob')
  t.equal(auth && writeAuth(auth), answer)
})

for (const value of [
  '',
  'Digest',
  'Digest realm',
  'Digest realm="x',
  'Digest a=1, A=2',
  'Digest a="x"y',
  'Bearer abc==',
  '"x" a=b',
]) {
  t.test(`refused: ${value === '' ? 'nothing' : value}`, async t => {
    t.equal(parseAuth(value), undefined)
  })
}

/** RFC 7616 §3.9.1. */
const example = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  qop: 'auth',
  method: 'GET',
  uri: '/dir/index.html',
}

for (const [algorithm, expected] of [
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
] as const) {
  t.test(`the response is that of RFC 7616 with ${algorithm}`, async t => {
    const ha1 = digestHa1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life')
    t.equal(digestResponse({ algorithm, ha1, ...example }), expected)
  })
}

t.test('without qop it is that of RFC 2069', async t => {
  const ha1 = digestHa1('MD5', 'Mufasa', 'testrealm@host.com', 'CircleOfLife')
  const { method, uri } = example
  t.equal(
    digestResponse({ algorithm: 'MD5', ha1, nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', method, uri }),
    '1949323746fe6a43ef61f9606e7febea',
  )
})
