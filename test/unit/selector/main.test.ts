import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { loadCertificate } from '../../../config/certificate.ts'
import { defaultConfig, type Config } from '../../../config/schema.ts'
import { silentLog } from '../../../runtime/log.ts'
import { createClient } from '../../../selector/client.ts'
import { ha1Of } from '../../../selector/credentials.ts'
import { createAmiActions } from '../../../selector/ami/actions.ts'
import { createSelector, type Selector } from '../../../selector/main.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function selectorOf(t: Test, changes: Partial<Config> = {}, missing?: () => readonly string[]): Selector {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  void store.agents.put({ id: '1001', name: 'Ann', ha1: ha1Of('1001', 'portico.local', 'right') })
  const config: Config = {
    ...defaultConfig,
    dataDir: t.testdir({}),
    listen: { ...defaultConfig.listen, admin: { host: '127.0.0.1', port: 0 } },
    ...changes,
  }
  const selector = createSelector({
    config,
    store,
    actions: createAmiActions({ clock }),
    log: silentLog,
    clock,
    ...(missing && { missing }),
  })
  t.teardown(() => selector.stop())
  return selector
}

t.test('the admin listener answers and is gone after stop', async t => {
  const selector = selectorOf(t, { admin: { token: 'token-of-the-tests' } })
  await selector.start()
  const url = selector.adminUrl()
  const client = createClient({ url, token: 'token-of-the-tests' })
  t.strictSame(await client.servers.list(), [])
  t.match(await client.agents.get('1001'), { id: '1001', name: 'Ann' })
  const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer token-of-the-tests' } })
  t.match(await metrics.text(), /process_cpu_seconds_total/)
  await selector.stop()
  await t.rejects(client.servers.list(), { code: 'E_API', message: /is `portico up` running/ })
})

t.test('readiness is what the process says', async t => {
  let lacks: readonly string[] = ['the store is away']
  const selector = selectorOf(t, {}, () => lacks)
  await selector.start()
  const answer = await fetch(`${selector.adminUrl()}/readyz`)
  t.match([answer.status, await answer.json()], [503, { detail: 'not ready: the store is away' }])
  lacks = []
  t.equal((await fetch(`${selector.adminUrl()}/readyz`)).status, 200)
})

t.test('a port that is taken is told with the setting', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const admin = { host: '127.0.0.1', port: portOf(taken) }
  const selector = selectorOf(t, { listen: { ...defaultConfig.listen, admin } })
  await t.rejects(selector.start(), {
    code: 'E_PORT_IN_USE',
    message: /^listen\.admin: .*set listen\.admin\.host/,
  })
})

t.test('off loopback the admin listener speaks TLS only', async t => {
  const listen = { ...defaultConfig.listen, admin: { host: '0.0.0.0', port: 0 } }
  const without = selectorOf(t, { listen })
  await t.rejects(without.start(), { code: 'E_CONFIG', message: /tls\.cert/ })
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const config: Config = { ...defaultConfig, listen, dataDir: t.testdir({}) }
  const certificate = await loadCertificate(config)
  const selector = createSelector({
    config,
    store,
    actions: createAmiActions({ clock }),
    log: silentLog,
    clock,
    certificate,
  })
  t.teardown(() => selector.stop())
  await selector.start()
  t.match(selector.adminUrl(), /^https:/)
  const { port } = new URL(selector.adminUrl())
  await t.rejects(fetch(`http://127.0.0.1:${port}/healthz`))
})

t.test('the public handler signs agents in and counts failures by the address of the socket', async t => {
  const selector = selectorOf(t)
  const server = createServer(selector.onPublicRequest).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const signIn = (password: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${portOf(server)}/api/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `192.0.2.${password.length}` },
      body: JSON.stringify({ agent: '1001', password }),
    })
  const granted = await signIn('right')
  t.match(await granted.json(), { wssUrl: `wss://127.0.0.1:${portOf(server)}/sip`, conference: 'agt-1001' })
  for (let tries = 1; tries <= 2; tries += 1) t.equal((await signIn('x'.repeat(tries))).status, 401)
  t.equal((await signIn('right')).status, 429)
})

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
