import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { createServerRegistration } from '../../../../selector/registration.ts'
import { adminFixture } from '../../../support/admin-app.ts'
import { mediaServer } from '../../../support/fleet.ts'

const given = { username: 'portico', secret: 'canary-of-the-fleet', capacity: 60, zone: 'default' }
const path = '/api/v1/servers/ast1/register'
const claim = { sip: { host: '10.0.0.11' }, amiPort: 5039, capacity: 40, zone: 'fra1', expiresSec: 60 }

function fixture() {
  const parts = adminFixture(undefined, {
    registration: (store, clock) =>
      createServerRegistration({ store, given, longestSec: 60, door: 'd', clock, log: silentLog }),
  })
  return { ...parts, server: async () => (await parts.store.servers.get('ast1'))?.item }
}

t.test('a media server that registers joins the fleet, and again changes nothing', async t => {
  const { ask, server } = fixture()
  t.match(await ask('POST', path, claim), { status: 200, json: { id: 'ast1', expiresSec: 60 } })
  t.match(await server(), {
    sip: { host: '10.0.0.11', port: 5060, transport: 'udp' },
    ami: { host: '10.0.0.11', port: 5039, username: 'portico', secret: 'canary-of-the-fleet' },
    capacity: 40,
    zone: 'fra1',
    wanted: 'active',
    registration: 'current',
  })
  t.match(await ask('POST', path, claim), { status: 200 })
  t.match((await ask('GET', '/api/v1/servers/ast1')).json, { version: 1, registration: 'current' })
})

t.test('the shortest word is enough; an answer holds no secret', async t => {
  const { ask, server } = fixture()
  const { json } = await ask('POST', path, { sip: { host: '10.0.0.11' } })
  t.strictSame(json, { id: 'ast1', expiresSec: 60 })
  t.match(await server(), { ami: { port: 5038 }, capacity: 60, zone: 'default' })
  t.notMatch(JSON.stringify(await ask('GET', '/api/v1/servers')), /canary/)
})

t.test('nobody takes the id or the address of another server', async t => {
  const { ask, store, server } = fixture()
  const sip = { host: '10.0.0.99', port: 5060, transport: 'udp' } as const
  await store.servers.put(mediaServer('ast1', { sip }))
  t.match(await ask('POST', path, claim), { status: 409, json: { code: 'E_CONFLICT', detail: /id belongs/ } })
  t.match(await server(), { sip })
  const other = { ...claim, sip: { host: '10.0.0.99' } }
  t.match(await ask('POST', '/api/v1/servers/ast2/register', other), {
    status: 409,
    json: { detail: /another media server/ },
  })
  t.equal(await store.servers.get('ast2'), undefined)
})

t.test('without an AMI secret for newcomers nobody joins, and without the token nobody is heard', async t => {
  const { ask } = adminFixture()
  t.match(await ask('POST', path, claim), { status: 409, json: { detail: /fleet\.registration\.amiSecret/ } })
  const bare = fixture()
  t.equal((await bare.ask('POST', path, claim, { Authorization: 'Bearer x' })).status, 401)
  t.equal(await bare.server(), undefined)
})

t.test('nonsense is refused, field by field', async t => {
  const { ask, server } = fixture()
  for (const wrong of [
    {},
    { ...claim, sip: { host: 'a name' } },
    { ...claim, amiPort: 0 },
    { ...claim, capacity: -1 },
    { ...claim, zone: 'a b' },
    { ...claim, expiresSec: 5 },
    { ...claim, expiresSec: 86_400 },
    { ...claim, secret: 'mine' },
    { ...claim, wanted: 'active' },
  ])
    t.match(await ask('POST', path, wrong), { status: 400 }, JSON.stringify(wrong))
  t.equal((await ask('POST', '/api/v1/servers/a%20b/register', claim)).status, 404)
  t.equal(await server(), undefined)
})
