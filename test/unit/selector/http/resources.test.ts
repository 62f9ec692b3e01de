import t from 'tap'
import { problemOutput } from '../../../../selector/contract.ts'
import { adminFixture } from '../../../support/admin-app.ts'

const server = {
  id: 'ast1',
  sip: { host: '127.0.1.1' },
  ami: { host: '127.0.1.1', username: 'portico', secret: 'canary-secret' },
  capacity: 100,
}
const agent = { id: '1001', name: 'Ann', password: 'canary-password' }
const trunk = { id: 'acision', addresses: ['192.0.2.1', '198.51.100.0/24'], peers: [{ host: 'sip.example' }] }

t.test('each kind of object can be added, read, listed, changed, replaced and removed', async t => {
  const kinds: readonly [path: string, input: object, patch: object, replacement: object, shown: object][] = [
    [
      'servers',
      server,
      { capacity: 50, sip: { port: 5080 } },
      { ...server, id: undefined, capacity: 7 },
      {
        id: 'ast1',
        sip: { host: '127.0.1.1', port: 5060, transport: 'udp' },
        ami: { host: '127.0.1.1', port: 5038, username: 'portico' },
        capacity: 100,
        zone: 'default',
        wanted: 'active',
        version: 1,
        state: { health: 'unknown', reserved: 0 },
      },
    ],
    ['agents', agent, { name: 'Bea' }, { name: 'Cy' }, { id: '1001', name: 'Ann', groups: [], version: 1 }],
    [
      'trunks',
      trunk,
      { enabled: false, limits: { calls: 5 } },
      { addresses: [] },
      {
        ...trunk,
        peers: [{ host: 'sip.example', port: 5060, transport: 'udp', addresses: [], priority: 0, weight: 1 }],
        enabled: true,
        version: 1,
      },
    ],
    [
      'routes',
      { id: 'sales', to: [{ kind: 'queue', group: 'sales' }] },
      { when: { number: { prefix: '49' } } },
      { to: [{ kind: 'pool' }] },
      {
        id: 'sales',
        enabled: true,
        direction: 'in',
        when: {},
        to: [{ kind: 'queue', group: 'sales' }],
        position: 1,
        version: 1,
      },
    ],
  ]
  for (const [kind, input, patch, replacement, shown] of kinds) {
    const { ask } = adminFixture()
    const base = `/api/v1/${kind}`
    const added = await ask('POST', base, input)
    t.strictSame([added.status, added.json], [201, shown], `${kind}: added`)
    const one = added.headers.get('Location') ?? ''
    t.equal(added.headers.get('ETag'), '"1"')
    t.strictSame((await ask('GET', one)).json, shown)
    t.strictSame((await ask('GET', base)).json, { items: [shown] })
    const changed = await ask('PATCH', one, patch, { 'If-Match': '"1"' })
    t.match([changed.status, changed.json], [200, { version: 2 }], `${kind}: changed`)
    const replaced = await ask('PUT', one, replacement, { 'If-Match': changed.headers.get('ETag') ?? '' })
    t.match([replaced.status, replaced.json], [200, { version: 3 }], `${kind}: replaced`)
    t.equal((await ask('DELETE', one)).status, 204)
    t.equal((await ask('GET', one)).status, 404)
    t.equal((await ask('DELETE', one)).status, 404)
  }
})

t.test('a change touches what it names and nothing else', async t => {
  const { ask, store } = adminFixture()
  await ask('POST', '/api/v1/servers', server)
  const { json } = await ask('PATCH', '/api/v1/servers/ast1', { sip: { port: 5080 } }, { 'If-Match': '*' })
  t.match(json, { sip: { host: '127.0.1.1', port: 5080, transport: 'udp' }, capacity: 100 })
  t.equal((await store.servers.get('ast1'))?.item.ami.secret, 'canary-secret')
  await ask('POST', '/api/v1/trunks', { ...trunk, limits: { calls: 5 }, identity: 'asserted' })
  const patch = { limits: null, peers: [] }
  const bare = await ask('PATCH', '/api/v1/trunks/acision', patch, { 'If-Match': '*' })
  const { id, addresses } = trunk
  t.strictSame(bare.json, { id, addresses, peers: [], enabled: true, identity: 'asserted', version: 2 })
})

t.test('TLS of a Manager Interface stays until somebody ends it', async t => {
  const { ask, store } = adminFixture()
  const tls = { ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' }
  const added = await ask('POST', '/api/v1/servers', { ...server, ami: { ...server.ami, tls } })
  t.match(added.json, { ami: { tls } })
  const path = '/api/v1/servers/ast1'
  const stored = async () => (await store.servers.get('ast1'))?.item.ami
  await ask('PATCH', path, { capacity: 5 }, { 'If-Match': '*' })
  await ask('PATCH', path, { ami: { port: 5039 } }, { 'If-Match': '*' })
  const { secret: _, ...ami } = server.ami
  await ask('PUT', path, { sip: server.sip, ami, capacity: 1 }, { 'If-Match': '*' })
  t.strictSame(await stored(), { ...server.ami, port: 5038, tls }, 'whoever does not know of it leaves it')
  await ask('PUT', path, { sip: server.sip, ami: { ...ami, tls: {} }, capacity: 1 }, { 'If-Match': '*' })
  t.strictSame(await stored(), { ...server.ami, port: 5038, tls: {} })
  t.match((await ask('PATCH', path, { ami: { tls: null } }, { 'If-Match': '*' })).json, { version: 6 })
  t.strictSame(await stored(), { ...server.ami, port: 5038 })
})

t.test('secrets go in, are kept by a replacement without them, and never come out', async t => {
  const { ask, store } = adminFixture()
  const added = [await ask('POST', '/api/v1/servers', server), await ask('POST', '/api/v1/agents', agent)]
  const before = (await store.agents.get('1001'))?.item.ha1
  t.match(before, { md5: /^[0-9a-f]{32}$/, sha256: /^[0-9a-f]{64}$/ })
  await ask('PUT', '/api/v1/agents/1001', { name: 'Bea' }, { 'If-Match': '*' })
  t.strictSame((await store.agents.get('1001'))?.item, {
    id: '1001',
    name: 'Bea',
    ha1: before,
    groups: [],
  })
  await ask('PATCH', '/api/v1/agents/1001', { password: 'another-one' }, { 'If-Match': '*' })
  t.not((await store.agents.get('1001'))?.item.ha1.md5, before?.md5)
  const { secret: _kept, ...ami } = server.ami
  await ask('PUT', '/api/v1/servers/ast1', { sip: server.sip, ami, capacity: 1 }, { 'If-Match': '*' })
  t.equal((await store.servers.get('ast1'))?.item.ami.secret, 'canary-secret')
  const lists = [await ask('GET', '/api/v1/servers'), await ask('GET', '/api/v1/agents')]
  t.notMatch(JSON.stringify([...added, ...lists].map(({ json }) => json)), /canary|ha1|secret|password/)
})

t.test('a writer who has not seen the last version is told', async t => {
  const { ask } = adminFixture()
  await ask('POST', '/api/v1/servers', server)
  const path = '/api/v1/servers/ast1'
  const writes: readonly [ifMatch: Readonly<Record<string, string>>, status: number, code: string][] = [
    [{}, 428, 'E_API'],
    [{ 'If-Match': '1' }, 428, 'E_API'],
    [{ 'If-Match': '"7"' }, 412, 'E_CONFLICT'],
  ]
  for (const [headers, status, code] of writes) {
    const { status: got, json } = await ask('PATCH', path, { capacity: 1 }, headers)
    t.match([got, json], [status, { code }])
  }
  const both = await Promise.all(
    [1, 2].map(capacity => ask('PATCH', path, { capacity }, { 'If-Match': '"1"' })),
  )
  t.strictSame(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 412],
  )
  const again = await ask('POST', '/api/v1/servers', server)
  t.match(
    [again.status, again.json],
    [409, { code: 'E_CONFLICT', detail: /there is already ast1 in servers/ }],
  )
})

t.test('wrong input is refused with every field that is wrong', async t => {
  const { ask } = adminFixture()
  const cases: readonly [path: string, body: unknown, ...fields: string[]][] = [
    ['servers', { ...server, capacty: 1, sip: { host: 'a b' } }, 'sip.host', 'capacty'],
    ['servers', { id: 'ast1' }, 'sip', 'ami', 'capacity'],
    ['servers', { ...server, id: '..' }, 'id'],
    ['servers', { ...server, id: 'a/b' }, 'id'],
    ['servers', { ...server, ami: { ...server.ami, secret: 'a\r\nAction: Originate' } }, 'ami.secret'],
    ['servers', { ...server, ami: { ...server.ami, tls: { ca: 'trust me' } } }, 'ami.tls.ca'],
    ['servers', { ...server, capacity: 0 }, 'capacity'],
    ['servers', { ...server, capacity: '5' }, 'capacity'],
    ['agents', { ...agent, password: 'short' }, 'password'],
    ['agents', { ...agent, name: '\u001b[2J' }, 'name'],
    ['trunks', { ...trunk, addresses: ['sip.example'] }, 'addresses.0'],
    ['trunks', { ...trunk, peers: [{ host: 'x', transport: 'sctp' }] }, 'peers.0.transport'],
    ['trunks', { ...trunk, headers: { in: ['X-Ok', 'Route'] } }, 'headers.in.1'],
    ['trunks', { ...trunk, account: { user: 'a"b', password: 'x' } }, 'account.user'],
    ['agents', { ...agent, groups: ['a b'] }, 'groups.0'],
    ['trunks', [], ''],
    ['trunks', null, ''],
  ]
  for (const [kind, body, ...fields] of cases) {
    const { status, json } = await ask('POST', `/api/v1/${kind}`, body)
    t.equal(status, 400, JSON.stringify(body))
    t.strictSame(
      problemOutput.parse(json).errors?.map(({ field }) => field),
      fields,
    )
  }
})

t.test('hostile JSON is refused and pollutes nothing', async t => {
  const { ask } = adminFixture()
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  for (const body of [
    '',
    '{',
    '{"id":1}x',
    'NaN',
    '\ufeff{}',
    deep,
    '{"constructor":{"prototype":{"polluted":1}}}',
  ]) {
    t.equal((await ask('POST', '/api/v1/agents', body)).status, 400, body.slice(0, 20))
  }
  await ask('POST', '/api/v1/agents', '{"id":"a","password":"12345678","__proto__":{"polluted":1}}')
  t.notOk('polluted' in {})
  t.equal((await ask('POST', '/api/v1/agents', agent, { 'Content-Type': 'text/plain' })).status, 415)
})

t.test('a body that is too long is refused, announced or not', async t => {
  const { ask, app } = adminFixture()
  const long = JSON.stringify({ ...agent, name: 'x'.repeat(70_000) })
  t.equal((await ask('POST', '/api/v1/agents', long, { 'Content-Length': String(long.length) })).status, 413)
  const stream = new Blob([long]).stream()
  const unannounced = new Request('http://portico/api/v1/agents', {
    method: 'POST',
    headers: { Authorization: 'Bearer token-of-the-tests', 'Content-Type': 'application/json' },
    body: stream,
    duplex: 'half',
  })
  const response = await app.fetch(unannounced)
  t.equal(response.status, 413)
  t.match(await response.json(), { code: 'E_API', detail: /longer than 65536 bytes/ })
})

t.test('agent ids are one, whatever their case', async t => {
  const { ask } = adminFixture()
  t.match((await ask('POST', '/api/v1/agents', { ...agent, id: 'Ann' })).json, { id: 'ann' })
  t.equal((await ask('GET', '/api/v1/agents/ANN')).status, 200)
  t.equal((await ask('POST', '/api/v1/agents', { ...agent, id: 'aNN' })).status, 409)
})
