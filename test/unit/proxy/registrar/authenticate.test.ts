import t from 'tap'
import { digestHa1, digestResponse, parseAuth } from '../../../../engine/message/digest.ts'
import { Headers } from '../../../../engine/message/headers.ts'
import type { SipRequest } from '../../../../engine/message/message.ts'
import { createAuthenticator, type Identity } from '../../../../proxy/registrar/authenticate.ts'
import { createNonces } from '../../../../proxy/registrar/nonces.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const realm = 'portico.test'
const ha1 = {
  md5: digestHa1('MD5', '1001', realm, 'right'),
  sha256: digestHa1('SHA-256', '1001', realm, 'right'),
}

function authenticator(clock = new ManualClock()) {
  return createAuthenticator({
    realm,
    algorithms: ['MD5', 'SHA-256'],
    nonces: createNonces({ ttlMs: 60_000, remembered: 100, clock, key: Buffer.alloc(32, 1) }),
    directory: {
      credentials: async user => (user === '1001' ? { agent: '1001', ha1 } : undefined),
      trunkAt: () => undefined,
      serverAt: () => undefined,
    },
  })
}

function register(authorization?: string): SipRequest {
  const lines = authorization === undefined ? [] : ([['Authorization', authorization]] as const)
  return {
    kind: 'request',
    method: 'REGISTER',
    uri: `sip:${realm}`,
    headers: new Headers(lines),
    body: Buffer.alloc(0),
  }
}

interface Attempt {
  readonly user?: string
  readonly algorithm?: 'MD5' | 'SHA-256'
  readonly password?: string
  readonly uri?: string
  readonly method?: string
  readonly nc?: string
}

function authorization(nonce: string, attempt: Attempt = {}): string {
  const {
    user = '1001',
    algorithm = 'MD5',
    password = 'right',
    uri = `sip:${realm}`,
    nc = '00000001',
  } = attempt
  const response = digestResponse({
    algorithm,
    ha1: digestHa1(algorithm, user, realm, password),
    nonce,
    nc,
    cnonce: 'abc',
    qop: 'auth',
    method: attempt.method ?? 'REGISTER',
    uri,
  })
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="abc", response="${response}"`
}

function nonceOf(identity: Identity): string {
  if (identity.kind !== 'challenge') throw new Error('not challenged')
  return parseAuth(identity.headers[0]?.[1] ?? '')?.params.get('nonce') ?? ''
}

t.test('a request without credentials is challenged with every algorithm, in order', async t => {
  const identity = await authenticator().identify(register())
  t.match(identity, {
    kind: 'challenge',
    headers: [
      ['WWW-Authenticate', /MD5/],
      ['WWW-Authenticate', /SHA-256/],
    ],
  })
})

for (const algorithm of ['MD5', 'SHA-256'] as const) {
  t.test(`the right password is known by ${algorithm}`, async t => {
    const door = authenticator()
    const nonce = nonceOf(await door.identify(register()))
    const identity = await door.identify(register(authorization(nonce, { algorithm })))
    t.strictSame(identity, { kind: 'known', agent: '1001' })
  })
}

const wrong: readonly [string, Attempt][] = [
  ['a wrong password', { password: 'wrong' }],
  ['an unknown user', { user: '1002' }],
  ['a digest made for another URI', { uri: 'sip:other.test' }],
  ['a digest made for another method', { method: 'INVITE' }],
]
for (const [name, attempt] of wrong) {
  t.test(`${name} is challenged again`, async t => {
    const door = authenticator()
    const nonce = nonceOf(await door.identify(register()))
    t.match(await door.identify(register(authorization(nonce, attempt))), { kind: 'challenge' })
  })
}

t.test('a request that is sent again as it was is not believed', async t => {
  const door = authenticator()
  const value = authorization(nonceOf(await door.identify(register())))
  t.match(await door.identify(register(value)), { kind: 'known' })
  t.match(await door.identify(register(value)), { kind: 'challenge' })
})

t.test('a wrong guess does not use up the count of the one who knows', async t => {
  const door = authenticator()
  const nonce = nonceOf(await door.identify(register()))
  await door.identify(register(authorization(nonce, { password: 'wrong', nc: '000000ff' })))
  t.match(await door.identify(register(authorization(nonce))), { kind: 'known' })
})

t.test('an old nonce is told to be stale, so that the client tries again by itself', async t => {
  const clock = new ManualClock()
  const door = authenticator(clock)
  const nonce = nonceOf(await door.identify(register()))
  clock.advance(61_000)
  t.match(await door.identify(register(authorization(nonce))), {
    kind: 'challenge',
    headers: [['WWW-Authenticate', /stale=true/]],
  })
})

for (const value of [
  '',
  'Basic abc',
  'Digest',
  'Digest username="1001"',
  'Digest username="1001", qop=auth, nc=zz',
]) {
  t.test(`${JSON.stringify(value)} makes no sense`, async t => {
    t.match(await authenticator().identify(register(value)), { kind: 'malformed' })
  })
}
