import t from 'tap'
import { selectionOutput, type SelectionOutput } from '../../../../selector/contract/selection.ts'
import { adminFixture, type AdminFixture, type Answer } from '../../../support/admin-app.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

async function fleet(): Promise<AdminFixture> {
  const fixture = adminFixture()
  const { store, clock } = fixture
  for (const [id, waiting] of [
    ['ast1', 10],
    ['ast2', 5],
    ['ast3', 0],
  ] as const) {
    await store.servers.put(mediaServer(id, { capacity: 20, ...(id === 'ast3' && { wanted: 'draining' }) }))
    await store.ledger.putLoad(id, load({ waiting, takenAt: clock.wall() }))
    await store.ledger.putHealth(id, 'up')
  }
  return fixture
}

t.test('a dry run says which server, the load of each and why one was left out', async t => {
  const { ask, store } = await fleet()
  const { status, json } = await ask('GET', '/api/v1/selection')
  t.equal(status, 200)
  t.match(json, {
    kind: 'chosen',
    server: { id: 'ast2', sip: { host: '127.0.1.1', port: 5060, transport: 'udp' } },
    utilisation: 'expected',
    considered: [
      { id: 'ast1', share: 0.35, state: { load: { waiting: 10 } } },
      { id: 'ast2', share: 0.175 },
      { id: 'ast3', excluded: 'not-active', wanted: 'draining' },
    ],
  })
  t.notOk(JSON.stringify(json).includes('reservedUntil'))
  t.ok((await store.ledger.candidates()).every(({ reserved }) => reserved === 0))
})

t.test('a reservation counts in the next choice until it expires', async t => {
  const { ask, clock } = await fleet()
  const first = await ask('POST', '/api/v1/selection', { call: 'c1' })
  t.match(first.json, { kind: 'chosen', server: { id: 'ast2' }, reservedUntil: clock.wall() + 15_000 })
  const after = await ask('GET', '/api/v1/selection')
  t.match(read(after).considered[1], { id: 'ast2', state: { reserved: 1 } })
  clock.advance(15_001)
  t.match(read(await ask('GET', '/api/v1/selection')).considered[1], { state: { reserved: 0 } })
})

t.test(
  'servers that are excluded are not chosen; when none is left the answer is 503 with a time',
  async t => {
    const { ask } = await fleet()
    t.equal(read(await ask('GET', '/api/v1/selection?exclude=ast2')).server?.id, 'ast1')
    t.match((await ask('GET', '/api/v1/selection?exclude=ast1,ast2')).json, {
      kind: 'none',
      reason: 'none-eligible',
    })
    const { status, headers, json } = await ask('POST', '/api/v1/selection', {
      call: 'c',
      exclude: ['ast1', 'ast2'],
    })
    t.match([status, headers.get('Retry-After'), json], [503, /^[2-7]$/, { detail: /none-eligible/ }])
  },
)

t.test('an agent who waits somewhere is sent there, and nothing is reserved', async t => {
  const { ask, store } = await fleet()
  await store.pins.put({ agent: '1001', server: 'ast3', call: 'c0' })
  t.match((await ask('GET', '/api/v1/selection?agent=1001')).json, { kind: 'pinned', server: { id: 'ast3' } })
  const { json } = await ask('POST', '/api/v1/selection', { call: 'c1', agent: '1001' })
  t.match(json, { kind: 'pinned', server: { id: 'ast3' } })
  t.notOk(JSON.stringify(json).includes('reservedUntil'))
  t.equal(read(await ask('GET', '/api/v1/selection?agent=1002')).kind, 'chosen')
})

t.test('unknown parameters and calls without an id are refused', async t => {
  const { ask } = await fleet()
  t.equal((await ask('GET', '/api/v1/selection?agnt=1')).status, 400)
  t.equal((await ask('POST', '/api/v1/selection', {})).status, 400)
  t.equal((await ask('POST', '/api/v1/selection', { call: 'a b' })).status, 400)
})

function read({ json }: Answer): SelectionOutput {
  return selectionOutput.parse(json)
}
