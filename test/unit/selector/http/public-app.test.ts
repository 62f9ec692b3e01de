import { join } from 'node:path'
import type { Hono } from 'hono'
import t, { type Test } from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { createLoginThrottle } from '../../../../runtime/login-throttle.ts'
import { sessionGrant } from '../../../../selector/contract.ts'
import { createCredentials, ha1Of, type Credentials } from '../../../../selector/credentials.ts'
import { createPublicApp } from '../../../../selector/http/public-app.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

interface Fixture {
  readonly app: Hono
  readonly credentials: Credentials
  readonly clock: ManualClock
  readonly signIn: (agent: string, password: string, from?: string) => Promise<Response>
}

async function fixture(t: Test, wssUrl?: string): Promise<Fixture> {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  await store.agents.put({ id: '1001', name: 'Ann', ha1: ha1Of('1001', 'realm', 'right') })
  const credentials = createCredentials({ store, realm: 'realm', ttlSec: 60, clock })
  const dir = t.testdir({ secret: 'canary', page: { 'index.html': '<p>softphone', 'app.js': 'start()' } })
  const app = createPublicApp({
    credentials,
    dialler: { dial: async () => ({ kind: 'refused', refusal: { kind: 'away' } }) },
    store,
    throttle: createLoginThrottle({ perAddress: 5, free: 3, clock }),
    domain: 'portico.local',
    ...(wssUrl !== undefined && { wssUrl }),
    wssPath: '/sip',
    iceServers: [{ urls: ['stun:stun.example'] }],
    now: () => 0,
    softphoneDir: join(dir, 'page'),
    maxBodyBytes: 65_536,
    log: silentLog,
    addressOf: c => c.req.header('x-test-address') ?? 'unknown',
  })
  const signIn = async (agent: string, password: string, from = '192.0.2.1'): Promise<Response> =>
    app.request('https://door.example:8443/api/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'x-test-address': from },
      body: JSON.stringify({ agent, password }),
    })
  return { app, credentials, clock, signIn }
}

t.test('an agent who signs in gets all that a softphone needs, and it works at the registrar', async t => {
  const { signIn, credentials, clock } = await fixture(t)
  const response = await signIn('1001', 'right')
  t.equal(response.status, 200)
  t.equal(response.headers.get('Cache-Control'), 'no-store')
  const granted = sessionGrant.parse(await response.json())
  t.match(granted, {
    agent: '1001',
    sipUri: 'sip:1001@portico.local',
    wssUrl: 'wss://door.example:8443/sip',
    iceServers: [{ urls: ['stun:stun.example'] }],
    conference: 'agt-1001',
    expiresAt: clock.wall() + 60_000,
  })
  t.strictSame(await credentials.ha1For(granted.authorizationUser), {
    agent: '1001',
    ha1: ha1Of(granted.authorizationUser, 'realm', granted.password),
    expiresAt: granted.expiresAt,
  })
})

t.test('the address that is advertised goes before the one that was called', async t => {
  const { signIn } = await fixture(t, 'wss://door.example/sip')
  t.match(await (await signIn('1001', 'right')).json(), { wssUrl: 'wss://door.example/sip' })
})

t.test('a wrong password and an unknown agent get the same answer', async t => {
  const { signIn } = await fixture(t)
  const answers = [await signIn('1001', 'wrong'), await signIn('nobody', 'wrong')]
  const [known, unknown] = await Promise.all(
    answers.map(async answer => [answer.status, [...answer.headers], await answer.text()]),
  )
  t.equal(known?.[0], 401)
  t.strictSame(unknown, known)
})

t.test('guessing is slowed down per agent and address, and never for others', async t => {
  const { signIn, clock } = await fixture(t)
  for (let tries = 0; tries < 3; tries += 1) t.equal((await signIn('1001', `no${tries}`)).status, 401)
  const refused = await signIn('1001', 'right')
  t.match([refused.status, refused.headers.get('Retry-After')], [429, '1'])
  t.equal((await signIn('1001', 'right', '192.0.2.9')).status, 200, 'the agent elsewhere')
  for (const agent of ['a', 'b']) t.equal((await signIn(agent, 'x')).status, 401)
  t.equal((await signIn('c', 'x')).status, 429, 'the address as a whole')
  clock.advance(60_000)
  t.equal((await signIn('1001', 'right')).status, 200)
})

t.test('a sign-in that makes no sense is refused', async t => {
  const { signIn, app } = await fixture(t)
  t.equal((await signIn('../1001', 'right')).status, 400)
  t.equal((await signIn('1001', '')).status, 400)
  t.equal((await signIn('1001', 'x'.repeat(70_000))).status, 413)
  t.equal((await app.request('/api/session')).status, 404)
  const form = await app.request('/api/session', { method: 'POST', body: 'agent=1001&password=right' })
  t.equal(form.status, 415)
})

t.test('the page is served with a policy that lets nothing foreign in', async t => {
  const { app } = await fixture(t)
  const page = await app.request('/')
  t.equal(await page.text(), '<p>softphone')
  const policy = page.headers.get('Content-Security-Policy') ?? ''
  t.match(policy, "default-src 'self'")
  t.match(policy, "frame-ancestors 'none'")
  t.notMatch(policy, /unsafe|\*/)
  t.equal(page.headers.get('X-Content-Type-Options'), 'nosniff')
  t.equal(page.headers.get('Strict-Transport-Security'), null)
  t.match((await app.request('/app.js')).headers.get('Content-Type'), /javascript/)
})

t.test('nothing outside the page’s folder can be read', async t => {
  const { app } = await fixture(t)
  for (const path of [
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/..\\secret',
    '/%252e%252e/secret',
    '//secret',
  ]) {
    const response = await app.fetch(new Request(`http://door${path}`))
    t.equal(response.status, 404, path)
    t.notMatch(await response.text(), /canary/)
  }
})
