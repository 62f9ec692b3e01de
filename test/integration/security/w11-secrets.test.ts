// W11: no secret is in a URL, and none is in a log, however much is logged. What is found in one gets nobody in.
import { Hono } from 'hono'
import t, { type Test } from 'tap'
import { silentLog, type Log } from '../../../runtime/log.ts'
import { createLoginThrottle } from '../../../runtime/login-throttle.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { sessionGrant } from '../../../selector/contract.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { createPublicApp } from '../../../selector/http/public-app.ts'
import { phone } from '../../support/attack/phone.ts'
import { answerSdp, openMediaServer } from '../../support/media-server.ts'
import { domain, openDoor, password } from '../../support/open-door.ts'
import { headerOf, statusOf } from '../../support/sip-text.ts'

/** A log that keeps what it is given, secrets included. */
function keeping(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const line = (event: string, fields = {}): void => void lines.push(`${event} ${JSON.stringify(fields)}`)
  const log: Log = { debug: line, info: line, warn: line, error: line, with: () => log }
  return { log, lines }
}

t.test('a sign-in, a registration and a call leave no secret in the log', async t => {
  const { log, lines } = keeping()
  const server = await openMediaServer(t)
  const door = await openDoor(t, { server: server.sip, log })
  const app = publicApp(t, { log, credentials: door.credentials })
  const wrong = await signIn(app, 'a wrong canary')
  const granted = sessionGrant.parse(await (await signIn(app, password)).json())
  t.equal(wrong.status, 401)
  const agent = await phone(t, door)
  const claim = { user: granted.authorizationUser, password: granted.password }
  const registered = await agent.prove('REGISTER', claim)
  await agent.prove('REGISTER', { ...claim, password: 'another canary' })
  const offer = { headers: [['Content-Type', 'application/sdp']], body: answerSdp('192.0.2.1') } as const
  const called = await agent.say('INVITE', { ...offer, uri: `sip:conference@${domain}` })
  t.strictSame([statusOf(registered), statusOf(called)], [200, 200])
  t.ok(lines.length > 3, 'something was logged')
  const ha1 = (await door.store.agents.get('1001'))?.item.ha1.sha256 ?? ''
  const secrets = [password, 'canary', granted.password, ha1, 'ami-secret', 'Digest ', 'response=']
  for (const secret of secrets) {
    t.ok(secret !== '')
    t.strictSame(
      lines.filter(line => line.includes(secret)),
      [],
      secret,
    )
  }
})

t.test('what the softphone is told has no secret in its URLs', async t => {
  const door = await openDoor(t)
  const app = publicApp(t, { log: keeping().log, credentials: door.credentials })
  const granted = sessionGrant.parse(await (await signIn(app, password)).json())
  const { search, hash, username, password: inUrl } = new URL(granted.wssUrl)
  t.strictSame([search, hash, username, inUrl], ['', '', '', ''])
  t.notMatch(granted.wssUrl, granted.password)
})

t.test('a password in a URL is not taken', async t => {
  const door = await openDoor(t)
  const app = publicApp(t, { log: keeping().log, credentials: door.credentials })
  const query = new URLSearchParams({ agent: '1001', password })
  for (const method of ['GET', 'POST'])
    t.ok((await app.request(`/api/session?${query.toString()}`, { method })).status >= 400, method)
})

t.test('the WebSocket is proven inside, never by its URL', async t => {
  const door = await openDoor(t)
  const { log } = keeping()
  const app = publicApp(t, { log, credentials: door.credentials })
  const granted = sessionGrant.parse(await (await signIn(app, password)).json())
  const agent = await phone(t, door)
  const answer = await agent.say('REGISTER', { uri: `sip:${domain};password=${granted.password}` })
  t.equal(statusOf(answer), 401)
  t.notMatch(headerOf(answer, 'www-authenticate'), granted.password)
})

function publicApp(t: Test, given: Pick<Parameters<typeof createPublicApp>[0], 'log' | 'credentials'>): Hono {
  const store = createMemoryStore({
    policy: { utilisation: 'expected', rho: 0.7 },
    clock: systemClock,
    log: silentLog,
  })
  return createPublicApp({
    ...given,
    dialler: { dial: async () => ({ kind: 'refused', refusal: { kind: 'away' } }) },
    store,
    throttle: createLoginThrottle({ perAddress: 10, free: 2, clock: systemClock }),
    domain,
    wssPath: '/sip',
    iceServers: [],
    now: () => 0,
    softphoneDir: t.testdir({}),
    maxBodyBytes: 4096,
    addressOf: () => '192.0.2.1',
  })
}

async function signIn(app: Hono, word: string): Promise<Response> {
  return await app.request('https://door.example/api/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ agent: '1001', password: word }),
  })
}
