import t from 'tap'
import { digestHa1, digestResponse, parseAuth } from '../../../../engine/message/digest.ts'
import { Headers } from '../../../../engine/message/headers.ts'
import type { SipRequest } from '../../../../engine/message/message.ts'
import { createAuthenticator, type Identity } from '../../../../proxy/registrar/authenticate.ts'
import { createNonces } from '../../../../proxy/registrar/nonces.ts'
import { createLoginThrottle } from '../../../../runtime/login-throttle.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const realm = 'portico.test'
const ha1 = {
  md5: digestHa1('MD5', '1001', realm, 'right'),
  sha256: digestHa1('SHA-256', '1001', realm, 'right'),
}

const heard = { flow: 'f1', address: '192.0.2.1' }

function authenticator({ clock = new ManualClock(), known = new Map([['1001', ha1]]) } = {}) {
  const made = createAuthenticator({
    realm,
    algorithms: ['MD5', 'SHA-256'],
    nonces: createNonces({ ttlMs: 60_000, remembered: 100, clock }),
    throttle: createLoginThrottle({ perAddress: 100, free: 2, clock }),
    directory: {
      credentials: async user => {
        const found = known.get(user)
        return found && { agent: user, ha1: found }
      },
    },
  })
  return {
    identify: (request: SipRequest, where = heard) => made.identify(request, where),
    holds: made.holds.bind(made),
  }
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
    t.strictSame(identity, { kind: 'known', user: '1001', credentials: { agent: '1001', ha1 } })
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
  const door = authenticator({ clock })
  const nonce = nonceOf(await door.identify(register()))
  clock.advance(61_000)
  t.match(await door.identify(register(authorization(nonce))), {
    kind: 'challenge',
    headers: [['WWW-Authenticate', /stale=true/]],
  })
})

t.test(
  'who knows the password and has the nonce of another connection is told to take a new one',
  async t => {
    const door = authenticator()
    const nonce = nonceOf(await door.identify(register()))
    t.match(await door.identify(register(authorization(nonce)), { ...heard, flow: 'f2' }), {
      kind: 'challenge',
      headers: [['WWW-Authenticate', /stale=true/]],
    })
  },
)

t.test('after two wrong passwords none is looked at for a while, except from elsewhere', async t => {
  const clock = new ManualClock()
  const door = authenticator({ clock })
  const nonce = nonceOf(await door.identify(register()))
  const guesses = Array.from({ length: 20 }, (_, at) =>
    door.identify(register(authorization(nonce, { password: `guess ${at}` }))),
  )
  const kinds = (await Promise.all(guesses)).map(({ kind }) => kind)
  t.equal(kinds.filter(kind => kind === 'challenge').length, 2, 'of twenty that came together')
  t.match(await door.identify(register(authorization(nonce))), { kind: 'slowed', waitMs: 1_000 })
  const elsewhere = { ...heard, address: '192.0.2.2' }
  t.match(await door.identify(register(authorization(nonce)), elsewhere), { kind: 'known' })
  clock.advance(1_000)
  t.match(await door.identify(register(authorization(nonce, { nc: '00000002' }))), { kind: 'known' })
})

t.test('a proof holds until the password is another one or the user is gone', async t => {
  const known = new Map([['1001', ha1]])
  const door = authenticator({ known })
  const credentials = { agent: '1001', ha1 }
  t.equal(await door.holds('1001', credentials), true)
  known.set('1001', { md5: 'x', sha256: 'y' })
  t.equal(await door.holds('1001', credentials), false)
  known.delete('1001')
  t.equal(await door.holds('1001', credentials), false)
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
