import t from 'tap'
import type { Pin } from '../../../../selector/store/store.ts'
import { adminFixture } from '../../../support/admin-app.ts'
import { load, mediaServer } from '../../../support/fleet.ts'

t.test(
  'waiting agents are ranked by the load of their server, each as if those before were in call',
  async t => {
    const { ask, store } = adminFixture()
    for (const [id, inCall] of [
      ['ast1', 4],
      ['ast2', 2],
    ] as const) {
      await store.servers.put(mediaServer(id, { capacity: 10 }))
      await store.ledger.putLoad(id, load({ inCall }))
    }
    const leg = { kind: 'agent', state: 'up', door: 'd' } as const
    const agents = [
      ['anna', 'ast1', 1],
      ['ben', 'ast2', 5],
      ['cleo', 'ast2', 3],
      ['dora', 'ast2', 4],
      ['busy', 'ast2', 0],
    ] as const
    for (const [agent, server, since] of agents)
      await store.sessions.put({ ...leg, id: agent, agent, server, since })
    await store.sessions.put({
      ...leg,
      id: 'client',
      kind: 'client',
      agent: 'busy',
      server: 'ast2',
      since: 9,
    })
    const { json } = await ask('GET', '/api/v1/hint')
    t.match(json, {
      items: [
        { agent: 'cleo', server: 'ast2', share: 0.2 },
        { agent: 'dora', share: 0.3 },
        { agent: 'anna', server: 'ast1', share: 0.4 },
        { agent: 'ben', share: 0.4 },
      ],
    })
    t.match((await ask('GET', '/api/v1/hint?agents=BEN,anna,busy&limit=1')).json, {
      items: [{ agent: 'ben' }],
    })
    t.equal((await ask('GET', '/api/v1/hint?limit=0')).status, 400)
    await store.ledger.putHealth('ast2', 'down')
    t.match((await ask('GET', '/api/v1/hint')).json, { items: [{ agent: 'anna' }] })
  },
)

const give = ({ agent, call }: Pin): string => `token-of-${agent}-${call}`

t.test('with a secret of the fleet each agent comes with a token of its pin', async t => {
  const { ask, store } = adminFixture(undefined, { pinTokens: { give } })
  await store.servers.put(mediaServer('ast1', { capacity: 10 }))
  const leg = { kind: 'agent', state: 'up', door: 'd', server: 'ast1', since: 1 } as const
  for (const agent of ['anna', 'ben']) await store.sessions.put({ ...leg, id: agent, agent })
  await store.pins.put({ agent: 'anna', server: 'ast1', call: 'c-1' })
  await store.pins.put({ agent: 'ben', server: 'ast2', call: 'c-2' })
  const { json } = await ask('GET', '/api/v1/hint')
  t.match(json, {
    items: [
      { agent: 'anna', pin: 'token-of-anna-c-1' },
      { agent: 'ben', pin: undefined },
    ],
  })
})
