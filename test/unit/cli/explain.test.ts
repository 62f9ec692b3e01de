import t from 'tap'
import { liveSelector } from '../../support/cli.ts'
import { load, mediaServer } from '../../support/fleet.ts'

t.test('explain tells the rule, the servers looked at, and that the record replays', async t => {
  const { portico, store, clock } = await liveSelector(t)
  for (const [id, waiting] of [
    ['ast1', 10],
    ['ast2', 5],
  ] as const) {
    await store.servers.put(mediaServer(id, { capacity: 20 }))
    await store.ledger.putLoad(id, load({ waiting, takenAt: clock.wall() - 1_500 }))
  }
  const order = { call: 'c1', exclude: ['ast9'], chance: 0.25, at: clock.wall(), ttlMs: 15_000 }
  const { decision } = await store.ledger.reserve(order)
  await store.decisions.put({ ...decision, agent: '1001', door: 'door-1' })
  t.equal(
    (await portico('explain c1')).out,
    [
      `${new Date(clock.wall()).toISOString()}  ast2`,
      '  agent     1001',
      '  door      door-1',
      '  tried     ast9',
      '  rule      least of 1; utilisation expected, rho 0.7, chance 0.2500',
      '  fleet     2 ready; counters of 2 of 2 are fresh',
      '  replay    the same',
      'ID    LOAD   WAITING  IN CALL  RESERVED  CAPACITY  AGE    HEALTH   ZONE',
      'ast2  0.175        5        0         0        20  1.5 s  unknown  z1',
      'ast1  0.350       10        0         0        20  1.5 s  unknown  z1',
      '',
    ].join('\n'),
  )
  t.match(JSON.parse((await portico('explain c1 --json')).out), [
    { call: 'c1', server: 'ast2', replay: 'ast2' },
  ])
})

t.test('a refusal is explained as well, and an unknown call has no record', async t => {
  const { portico, store, clock } = await liveSelector(t)
  const order = { call: 'c2', exclude: [], chance: 0, at: clock.wall(), ttlMs: 15_000 }
  await store.decisions.put((await store.ledger.reserve(order)).decision)
  t.match((await portico('explain c2')).out, /none: no-servers\n {2}rule {6}nobody may be chosen/)
  t.match(await portico('explain c3'), { code: 1, error: /no choice is known.*\[E_NOT_FOUND\]/ })
})
