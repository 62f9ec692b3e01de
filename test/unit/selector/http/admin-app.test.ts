import t from 'tap'
import { z } from 'zod'
import { PorticoError } from '../../../../runtime/errors.ts'
import { serverOutput } from '../../../../selector/contract.ts'
import { adminFixture, adminToken } from '../../../support/admin-app.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

t.test('everything that tells or changes something wants the token', async t => {
  const { app } = adminFixture()
  const paths: readonly (readonly [method: string, path: string])[] = [
    ['GET', '/api/v1/servers'],
    ['POST', '/api/v1/servers'],
    ['DELETE', '/api/v1/agents/1001'],
    ['GET', '/api/v1/selection'],
    ['GET', '/api/v1/sessions'],
    ['GET', '/api/nothing-here'],
    ['GET', '/metrics'],
  ]
  const wrong = [
    undefined,
    'Bearer',
    `Bearer ${adminToken}x`,
    `Basic ${adminToken}`,
    `Bearer ${adminToken} x`,
  ]
  for (const [method, path] of paths) {
    for (const authorization of wrong) {
      const headers = authorization === undefined ? {} : { Authorization: authorization }
      const response = await app.request(path, { method, headers })
      t.equal(response.status, 401, `${method} ${path} ${authorization}`)
      t.equal(response.headers.get('WWW-Authenticate'), 'Bearer')
      t.equal(response.headers.get('Content-Type'), 'application/problem+json')
    }
  }
})

t.test('health and the API document are open', async t => {
  const { app } = adminFixture()
  for (const path of ['/healthz', '/readyz', '/openapi.json']) t.equal((await app.request(path)).status, 200)
})

t.test('the API document describes every route that the API has', async t => {
  const { app, ask } = adminFixture()
  const { json } = await ask('GET', '/openapi.json')
  const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(json)
  const served = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path !== '/openapi.json')
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method} ${path}`),
  )
  t.ok(served.length > 20)
  t.strictSame(new Set(described), new Set(served))
  t.notMatch(JSON.stringify(paths['/api/v1/servers']?.['get']), /secret/)
})

t.test('an order sets the wanted state and may be repeated', async t => {
  const { ask, store } = adminFixture()
  await store.servers.put(mediaServer('ast1'))
  for (const [order, wanted] of [
    ['drain', 'draining'],
    ['drain', 'draining'],
    ['disable', 'disabled'],
    ['activate', 'active'],
  ]) {
    const { status, json } = await ask('POST', `/api/v1/servers/ast1/${order}`)
    t.match([status, json], [200, { wanted }])
  }
  t.equal((await ask('POST', '/api/v1/servers/ast9/drain')).status, 404)
})

t.test('a server shows what it carries and how old that is', async t => {
  const { ask, store, clock } = adminFixture()
  await store.servers.put(mediaServer('ast1'))
  await store.ledger.putLoad('ast1', load({ waiting: 3, inCall: 4, takenAt: clock.wall() - 2_500 }))
  await store.ledger.putHealth('ast1', 'up')
  const { json } = await ask('GET', '/api/v1/servers/ast1')
  t.match(serverOutput.parse(json).state, {
    health: 'up',
    reserved: 0,
    load: { waiting: 3, inCall: 4, ageMs: 2_500, reconciled: true },
  })
})

t.test('a store that takes no writes answers 503 with a time to come back', async t => {
  const { ask } = adminFixture(store => ({ ...store, agents: { ...store.agents, put: readOnly } }))
  const { status, headers, json } = await ask('POST', '/api/v1/agents', { id: '1', password: '12345678' })
  t.match([status, headers.get('Retry-After')], [503, '5'])
  t.match(json, { code: 'E_STORE_READ_ONLY', detail: /Redis is away/ })
})

t.test('an unexpected failure says nothing of its cause', async t => {
  const { ask } = adminFixture(store => ({ ...store, sessions: { ...store.sessions, list: broken } }))
  const { status, json } = await ask('GET', '/api/v1/sessions')
  t.equal(status, 500)
  t.notMatch(JSON.stringify(json), /canary/)
})

t.test('sessions come oldest first', async t => {
  const { ask, store } = adminFixture()
  const leg = { kind: 'agent', agent: '1001', state: 'up', door: 'd1' } as const
  await store.sessions.put({ ...leg, id: 'b', since: 2 })
  await store.sessions.put({ ...leg, id: 'a', since: 1, server: 'ast1' })
  const { json } = await ask('GET', '/api/v1/sessions')
  t.strictSame(json, {
    items: [
      { ...leg, id: 'a', since: 1, server: 'ast1' },
      { ...leg, id: 'b', since: 2 },
    ],
  })
})

t.test('metrics tell the fleet, and unknown paths make no new series', async t => {
  const { ask, store, clock } = adminFixture()
  await store.servers.put(mediaServer('ast1'))
  await store.ledger.putLoad('ast1', load({ waiting: 3, takenAt: clock.wall() }))
  for (let index = 0; index < 20; index += 1) await ask('GET', `/api/v1/agents/${index}`)
  for (let index = 0; index < 20; index += 1) await ask('GET', `/random/${index}`)
  for (let index = 0; index < 20; index += 1) await ask(`M${index}`, '/healthz')
  const text = String((await ask('GET', '/metrics')).json)
  t.match(text, 'portico_servers{wanted="active"} 1')
  t.match(text, 'portico_server_agents{server="ast1",state="waiting"} 3')
  t.match(text, /portico_http_requests_total\{method="GET",route="\/api\/v1\/agents\/:id",status="404"\} 20/)
  t.ok(text.split('\n').filter(line => line.startsWith('portico_http_requests_total{')).length < 6)
})

async function readOnly(): Promise<never> {
  throw new PorticoError('E_STORE_READ_ONLY', 'Redis is away: nothing can be written now')
}

async function broken(): Promise<never> {
  throw new Error('canary 10.0.0.1')
}

t.test('a media server is asked who is in a conference', async t => {
  const { ask, store } = adminFixture()
  await store.servers.put(mediaServer('ast1'))
  t.strictSame((await ask('GET', '/api/v1/servers/ast1/conferences/agt-1001')).json, {
    conference: 'agt-1001',
    members: [{ role: 'agent', call: 'ast1 agt-1001' }],
  })
  t.equal((await ask('GET', '/api/v1/servers/ast9/conferences/agt-1001')).status, 404)
  t.equal((await ask('GET', '/api/v1/servers/ast1/conferences/a%0d%0aAction')).status, 404)
})
