import t from 'tap'
import { response } from '../../../../engine/message/build.ts'
import { digestHa1, digestResponse, parseAuth } from '../../../../engine/message/digest.ts'
import type { SipResponse } from '../../../../engine/message/message.ts'
import { answerChallenge, type DigestAnswer, type Tried } from '../../../../proxy/trunk/digest.ts'

const request = {
  method: 'INVITE',
  uri: 'sip:4930@192.0.2.1:5060;transport=udp',
  host: '192.0.2.1',
  account: { user: 'us', password: 'canary', realm: 'carrier' },
}
const fresh: Tried = { stale: false }

function challenge(parts: string, status = 401): SipResponse {
  return response(status, [[status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate', `Digest ${parts}`]])
}

function params({ line }: DigestAnswer): ReadonlyMap<string, string> {
  return parseAuth(line[1])?.params ?? new Map()
}

t.test('a challenge of the account’s realm is answered, 401 and 407 each with its own header', async t => {
  const answer = answerChallenge(
    challenge('realm="carrier", nonce="n1", qop="auth,auth-int"'),
    request,
    fresh,
    'c',
  )
  if (!answer) throw new Error('no answer')
  t.equal(answer.line[0], 'Authorization')
  const ha1 = digestHa1('MD5', 'us', 'carrier', 'canary')
  const { method, uri } = request
  const expected = { qop: 'auth', nc: '00000001', cnonce: 'c' }
  t.equal(
    params(answer).get('response'),
    digestResponse({ algorithm: 'MD5', ha1, nonce: 'n1', method, uri, ...expected }),
  )
  t.notMatch(answer.line[1], /canary/)
  t.match(answerChallenge(challenge('realm="carrier", nonce="n"', 407), request, fresh, 'c'), {
    line: ['Proxy-Authorization', /^Digest /],
  })
})

t.test('SHA-256 goes before MD5, and what is not known is not answered', async t => {
  const both = response(401, [
    ['WWW-Authenticate', 'Digest realm="carrier", nonce="n", algorithm=MD5, qop="auth"'],
    ['WWW-Authenticate', 'Digest realm="carrier", nonce="n", algorithm=SHA-256, qop="auth", opaque="o"'],
  ])
  const answer = answerChallenge(both, request, fresh, 'c')
  t.strictSame(answer && [params(answer).get('algorithm'), params(answer).get('opaque')], ['SHA-256', 'o'])
  for (const parts of [
    'realm="carrier", nonce="n", algorithm=SHA-512',
    'realm="carrier", nonce="n", qop="auth-int"',
    'realm="carrier"',
    'realm="carrier", nonce="n", nonce="m"',
  ]) {
    t.equal(answerChallenge(challenge(parts), request, fresh, 'c'), undefined, parts)
  }
  t.equal(
    answerChallenge(response(401, [['WWW-Authenticate', 'Basic realm="carrier"']]), request, fresh, 'c'),
    undefined,
  )
  t.equal(answerChallenge(response(401, []), request, fresh, 'c'), undefined)
})

t.test(
  'another realm gets nothing; an account without one answers only the host that was dialled',
  async t => {
    t.equal(answerChallenge(challenge('realm="evil", nonce="n"'), request, fresh, 'c'), undefined)
    const account = { user: 'us', password: 'canary' }
    t.equal(
      answerChallenge(challenge('realm="carrier", nonce="n"'), { ...request, account }, fresh, 'c'),
      undefined,
    )
    t.ok(answerChallenge(challenge('realm="192.0.2.1", nonce="n"'), { ...request, account }, fresh, 'c'))
  },
)

t.test('once, and once more for a nonce that was stale', async t => {
  const first = answerChallenge(challenge('realm="carrier", nonce="n1"'), request, fresh, 'c')
  if (!first) throw new Error('no answer')
  t.equal(
    answerChallenge(challenge('realm="carrier", nonce="n2"'), request, first.tried, 'c'),
    undefined,
    'refused',
  )
  const stale = 'realm="carrier", nonce="n2", stale=true'
  const second = answerChallenge(challenge(stale), request, first.tried, 'c')
  if (!second) throw new Error('no second answer')
  const again = 'realm="carrier", nonce="n3", stale=true'
  t.equal(answerChallenge(challenge(again), request, second.tried, 'c'), undefined, 'and no third time')
  const same = 'realm="carrier", nonce="n1", stale=true'
  t.equal(answerChallenge(challenge(same), request, first.tried, 'c'), undefined, 'nor for the same nonce')
})
