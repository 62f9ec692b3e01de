import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { silentLog } from '../../../../../runtime/log.ts'
import { createMemoryStore } from '../../../../../selector/store/memory/store.ts'
import type { Store } from '../../../../../selector/store/store.ts'
import { mediaServer } from '../../../../support/fleet.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const storeIn = (dataDir: string): Store =>
  createMemoryStore({ policy, dataDir, clock: new ManualClock(), log: silentLog })
const agent = { id: 'anna', name: 'Anna', ha1: { md5: 'm', sha256: 's' } }
const trunk = {
  id: 'acision',
  addresses: ['192.0.2.0/24'],
  enabled: true,
  peers: [{ host: 'h', port: 5060, transport: 'tls', priority: 0, weight: 1 }],
} as const

t.test('what was written is there after a restart, with its versions', async t => {
  const dataDir = join(t.testdir(), 'data')
  const store = storeIn(dataDir)
  await store.start()
  await store.servers.put(mediaServer('ms-a'))
  await store.servers.put(mediaServer('ms-a', { wanted: 'draining' }))
  await Promise.all([
    store.agents.put(agent),
    store.trunks.put(trunk),
    store.servers.put(mediaServer('ms-b')),
  ])
  await store.servers.remove('ms-b')
  const again = storeIn(dataDir)
  await again.start()
  t.strictSame(await again.servers.list(), [
    { item: mediaServer('ms-a', { wanted: 'draining' }), version: 2 },
  ])
  t.strictSame(await again.agents.list(), [{ item: agent, version: 1 }])
  t.strictSame(await again.trunks.list(), [{ item: trunk, version: 1 }])
  t.strictSame(await readdir(dataDir), ['state.json'], 'and nothing else')
  t.equal((await stat(join(dataDir, 'state.json'))).mode & 0o777, 0o600)
})

t.test(
  'a file of the first version is read: its trunks get their target as a peer, and there are no routes',
  async t => {
    const { peers: _none, ...old } = { ...trunk, target: { host: 'h', port: 5060, transport: 'tls' } }
    const state = { schema: 1, servers: [], agents: [], trunks: [{ item: old, version: 3 }] }
    const dataDir = t.testdir({ 'state.json': JSON.stringify(state) })
    const store = storeIn(dataDir)
    await store.start()
    t.strictSame(await store.trunks.list(), [{ item: trunk, version: 3 }])
    t.strictSame(await store.routes.list(), [])
    await store.agents.put(agent)
    t.match(JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')), {
      schema: 2,
      trunks: [{ item: trunk }],
    })
  },
)

t.test('many writes at once all end on disk', async t => {
  const dataDir = t.testdir()
  const store = storeIn(dataDir)
  await store.start()
  await Promise.all(Array.from({ length: 200 }, (_, i) => store.agents.put({ ...agent, id: `agent-${i}` })))
  const again = storeIn(dataDir)
  await again.start()
  t.equal((await again.agents.list()).length, 200)
})

t.test('a write that cannot reach the disk is refused and changes nothing', async t => {
  const dataDir = t.testdir()
  const store = storeIn(dataDir)
  await store.start()
  await store.agents.put(agent)
  const before = await readFile(join(dataDir, 'state.json'))
  // Where the new file would be written stands a directory: root may write anywhere else.
  await mkdir(join(dataDir, 'state.json.new'))
  let told = 0
  store.agents.onChange(() => (told += 1))
  await t.rejects(store.agents.put({ ...agent, name: 'Eve' }), {
    code: 'E_STORE',
    message: /state\.json.*nothing was changed/,
  })
  t.equal((await store.agents.get('anna'))?.item.name, 'Anna')
  t.strictSame(await readFile(join(dataDir, 'state.json')), before)
  t.equal(told, 0)
})

for (const [name, content] of [
  ['is cut short', '{"schema":1,"servers":['],
  ['is empty', ''],
  ['is of a later version', '{"schema":3,"servers":[],"agents":[],"trunks":[],"routes":[]}'],
  [
    'holds something else',
    '{"schema":1,"servers":[{"version":1,"item":{"id":"ms-a"}}],"agents":[],"trunks":[]}',
  ],
] as const) {
  t.test(`a state file that ${name} keeps the store from starting, with what to do`, async t => {
    const dataDir = t.testdir()
    await writeFile(join(dataDir, 'state.json'), content)
    await t.rejects(storeIn(dataDir).start(), { code: 'E_STORE', message: /state\.json.*move it away/ })
    t.equal(await readFile(join(dataDir, 'state.json'), 'utf8'), content)
  })
}

t.test('without a directory nothing is kept', async t => {
  const store = createMemoryStore({ policy, clock: new ManualClock(), log: silentLog })
  await store.start()
  t.equal((await store.agents.put(agent))?.version, 1)
  await store.stop()
})

t.test('what was put cannot be changed from outside', async t => {
  const store = createMemoryStore({ policy, clock: new ManualClock(), log: silentLog })
  const mine = { ...agent }
  await store.agents.put(mine)
  mine.name = 'Eve'
  t.equal((await store.agents.get('anna'))?.item.name, 'Anna')
})
