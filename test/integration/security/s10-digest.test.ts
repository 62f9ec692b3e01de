import t, { type Test } from 'tap'
import type { HeaderLine, SipRequest } from '../../../engine/message/message.ts'
import { parseAuth } from '../../../engine/message/digest.ts'
import { within } from '../../support/attack/time.ts'
import {
  carrierAddress,
  farEnd,
  offer,
  realDoor,
  type FarEnd,
  type RealDoor,
} from '../../support/real-door.ts'
import { trunkOf, trunkPeer } from '../../support/trunks.ts'

const sdp = { headers: [['Content-Type', 'application/sdp']], body: offer } as const

/** A door with an account at a carrier that is about to misbehave. */
async function hostile(t: Test): Promise<{ readonly door: RealDoor; readonly carrier: FarEnd }> {
  const carrier = await farEnd(t, carrierAddress)
  const account = { user: 'us', password: 'canary', realm: 'carrier.example' }
  const peers = [trunkPeer(carrierAddress, { port: carrier.port })]
  return { carrier, door: await realDoor(t, () => [trunkOf({ peers, account })]) }
}

function challenge(realm: string, nonce = 'n', more = ''): readonly HeaderLine[] {
  return [['WWW-Authenticate', `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`]]
}

function credentials(requests: readonly SipRequest[]): readonly string[] {
  return requests.flatMap(({ headers }) => [
    ...headers.all('Authorization'),
    ...headers.all('Proxy-Authorization'),
  ])
}

t.test('S10: the account’s own realm is answered, so that the others could have been seen', async t => {
  const { door, carrier } = await hostile(t)
  carrier.answer = ({ headers }) =>
    headers.get('Authorization') === undefined
      ? { status: 401, headers: challenge('carrier.example') }
      : { status: 486 }
  t.equal(await door.dialOut('4930123'), 486)
  const [answer = ''] = credentials(carrier.heard)
  const params = parseAuth(answer)?.params
  t.equal(params?.get('username'), 'us')
  t.equal(params?.get('uri'), carrier.heard[1]?.uri)
})

t.test('S10: no other realm gets an answer', async t => {
  const { door, carrier } = await hostile(t)
  for (const realm of [
    'evil.example',
    'Carrier.example',
    'carrier.example.',
    '',
    carrierAddress,
    'portico.test',
  ]) {
    carrier.answer = () => ({ status: 401, headers: challenge(realm) })
    t.not(await door.dialOut('4930123'), 200, realm)
  }
  t.equal(carrier.heard.filter(({ method }) => method === 'INVITE').length, 6)
  t.strictSame(credentials(carrier.heard), [])
})

t.test('S10: no BYE, re-INVITE or probe of ours is answered for', async t => {
  const { door, carrier } = await hostile(t)
  carrier.answer = ({ method, headers }) => {
    const isFirst = method === 'INVITE' && !/;tag=/.test(headers.get('To') ?? '')
    return isFirst ? { status: 200, ...sdp } : { status: 401, headers: challenge('carrier.example') }
  }
  t.equal(await door.dialOut('4930123'), 200)
  const dialog =
    door.server.events.flatMap(event => (event.kind === 'response' ? (event.dialog ?? []) : []))[0] ?? ''
  for (const method of ['INVITE', 'BYE']) {
    const sent = door.server.engine.request({
      method,
      dialog,
      ...(method === 'INVITE' && { ...sdp, body: offer.replace('1 1', '1 2') }),
    })
    t.ok(sent.ok, method)
    t.ok(
      await within(3_000, () =>
        carrier.heard.some(one => one.method === method && /;tag=/.test(one.headers.get('To') ?? '')),
      ),
      method,
    )
  }
  t.strictSame(credentials(carrier.heard), [])
})

t.test('S11: a peer that challenges without end gets two requests, with stale nonces three', async t => {
  const { door, carrier } = await hostile(t)
  let count = 0
  carrier.answer = () => ({ status: 401, headers: challenge('carrier.example', `n${++count}`) })
  t.equal(await door.dialOut('4930123'), 503)
  t.equal(carrier.heard.length, 2)
  carrier.heard.splice(0)
  carrier.answer = () => ({
    status: 401,
    headers: challenge('carrier.example', `n${++count}`, ', stale=true'),
  })
  t.equal(await door.dialOut('4930123'), 503)
  t.equal(carrier.heard.length, 3)
})

t.test('a trunk with credentials of its own must prove them before it is heard', async t => {
  const challenged = { user: 'them', password: 'secret' }
  const door = await realDoor(t, () => [trunkOf({ addresses: [carrierAddress], challenge: challenged })])
  const carrier = await farEnd(t, carrierAddress)
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1'), 401)
  t.equal(await door.dial(carrier, 'sip:1001@127.0.0.1', [['Authorization', 'Digest username="them"']]), 400)
  t.strictSame(door.server.heard, [])
})
