import t from 'tap'
import { digestHa1, digestResponse, parseAuth, writeAuth } from '../../../../engine/message/digest.ts'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { createNonces } from '../../../../proxy/registrar/nonces.ts'
import { createTrust, type Trust } from '../../../../proxy/trunk/trust.ts'
import { createLoginThrottle } from '../../../../runtime/login-throttle.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { invite, trunkOf } from '../../../support/trunks.ts'

const trunk = trunkOf({ challenge: { user: 'them', password: 'right' } })
const origin = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const

function trusting(): ReturnType<typeof createTrust> {
  const clock = new ManualClock()
  return createTrust({
    realm: 'door',
    algorithms: ['SHA-256', 'MD5'],
    nonces: createNonces({ ttlMs: 60_000, remembered: 100, clock }),
    throttle: createLoginThrottle({ perAddress: 100, free: 100, clock }),
  })
}

/** The answer of somebody who thinks that this is the password. */
function answer(refused: Trust, user: string, password: string): HeaderLine {
  const value =
    refused.kind === 'refused' ? refused.headers?.find(([, text]) => text.includes('MD5'))?.[1] : undefined
  const nonce = parseAuth(value ?? '')?.params.get('nonce') ?? ''
  const uri = invite().uri
  const input = { nonce, nc: '00000001', cnonce: 'c', qop: 'auth', method: 'INVITE', uri } as const
  const response = digestResponse({
    algorithm: 'MD5',
    ha1: digestHa1('MD5', user, 'door', password),
    ...input,
  })
  const { method: _method, ...rest } = input
  const params = new Map(
    Object.entries({ username: user, realm: 'door', response, algorithm: 'MD5', ...rest }),
  )
  return ['Authorization', writeAuth({ scheme: 'Digest', params })]
}

t.test('a trunk without credentials is trusted by its address', async t => {
  t.strictSame(await trusting()(invite(), origin, trunkOf()), { kind: 'trusted' })
})

t.test('one with credentials is challenged, and heard once it has answered', async t => {
  const trust = trusting()
  const refused = await trust(invite(), origin, trunk)
  t.match(refused, { kind: 'refused', status: 401, headers: [['WWW-Authenticate', /realm="door"/], []] })
  t.strictSame(await trust(invite([answer(refused, 'them', 'right')]), origin, trunk), { kind: 'trusted' })
})

t.test('a wrong password, another user or another trunk’s address is not', async t => {
  const trust = trusting()
  const refused = await trust(invite(), origin, trunk)
  t.match(await trust(invite([answer(refused, 'them', 'wrong')]), origin, trunk), { status: 401 })
  t.match(await trust(invite([answer(refused, 'us', 'right')]), origin, trunk), { status: 401 })
  const elsewhere = { ...origin, address: '192.0.2.2' }
  t.match(await trust(invite([answer(refused, 'them', 'right')]), elsewhere, trunk), { status: 401 })
  t.match(await trust(invite([['Authorization', 'Basic x']]), origin, trunk), { status: 400 })
})
