import t from 'tap'
import { readSession, requestSession } from '../../../../softphone/phone/session.ts'

const granted = {
  agent: '1001',
  sipUri: 'sip:1001@portico.test',
  authorizationUser: '1001-x7',
  password: 'one-time',
  wssUrl: 'wss://portico.test:8443/sip',
  iceServers: [{ urls: ['turn:turn.test:3478'], username: 'u', credential: 'c' }],
  conference: 'agt-1001',
  expiresAt: 1_800_000_000_000,
}

t.test('a session is read as it was sent, without fields that are not known', async t => {
  t.strictSame(readSession({ ...granted, other: 1 }), granted)
})

t.test('a moment in ISO 8601 is read as well', async t => {
  const session = readSession({ ...granted, expiresAt: new Date(granted.expiresAt).toISOString() })
  t.equal(session?.expiresAt, granted.expiresAt)
})

const broken: readonly [name: string, json: unknown][] = [
  ['no object', 'session'],
  ['a missing password', { ...granted, password: undefined }],
  ['an endless agent', { ...granted, agent: 'a'.repeat(1025) }],
  ['a SIP address without a domain', { ...granted, sipUri: 'sip:1001' }],
  ['an address that is no WebSocket', { ...granted, wssUrl: 'https://portico.test' }],
  ['an ICE server of another scheme', { ...granted, iceServers: [{ urls: 'http://x' }] }],
  [
    'too many ICE servers',
    { ...granted, iceServers: Array.from({ length: 17 }, () => ({ urls: 'stun:x' })) },
  ],
  ['no expiry', { ...granted, expiresAt: 'soon' }],
]
for (const [name, json] of broken) {
  t.test(`a session with ${name} is not read`, async t => t.equal(readSession(json), undefined))
}

const answers: readonly [name: string, () => Promise<Response>, wrong: boolean | 'granted'][] = [
  ['200 with a session grants it', async () => Response.json(granted), 'granted'],
  ['200 with anything else refuses', async () => Response.json({}), false],
  ['200 with no JSON refuses', async () => new Response('<html>'), false],
  ['401 says that the words are wrong', async () => new Response('', { status: 401 }), true],
  ['429 says to wait', async () => new Response('', { status: 429 }), false],
  ['503 says to try again', async () => new Response('', { status: 503 }), false],
  ['no answer says to try again', async () => Promise.reject(new TypeError('network')), false],
]
for (const [name, answer, expected] of answers) {
  t.test(name, async t => {
    const result = await requestSession({ agent: '1001', password: 'p' }, answer)
    t.equal(result.kind === 'granted' ? 'granted' : result.wrong, expected)
  })
}

t.test('the words of the agent go into the body of a POST', async t => {
  let sent: readonly [unknown, { readonly method?: unknown; readonly body?: unknown } | undefined] | undefined
  await requestSession({ agent: '1001', password: 'pä"' }, async (input, init) => {
    sent = [input, init]
    return Response.json(granted)
  })
  t.equal(sent?.[0], '/api/session')
  t.equal(sent?.[1]?.method, 'POST')
  t.strictSame(sent?.[1]?.body, JSON.stringify({ agent: '1001', password: 'pä"' }))
})
