import t from 'tap'
import { liveSelector, type LiveSelector } from '../../support/cli.ts'
import { load, mediaServer } from '../../support/fleet.ts'

async function withAgents(selector: LiveSelector, waiting: number): Promise<void> {
  await selector.store.servers.put(mediaServer('ast1'))
  await selector.store.ledger.putLoad('ast1', load({ waiting }))
}

t.test('an empty server is drained at once', async t => {
  const selector = await liveSelector(t)
  await withAgents(selector, 0)
  t.strictSame(await selector.portico('servers drain ast1 --wait'), {
    code: 0,
    out: 'ast1 draining\nast1 is empty\n',
    error: '',
  })
  t.equal((await selector.store.servers.get('ast1'))?.item.wanted, 'draining')
})

t.test('with --wait it tells who is left until nobody is', async t => {
  const selector = await liveSelector(t)
  await withAgents(selector, 2)
  const { store } = selector
  const asked = store.ledger.candidates.bind(store.ledger)
  let times = 0
  t.intercept(store.ledger, 'candidates', {
    value: async () => {
      times += 1
      if (times > 2) await store.ledger.putLoad('ast1', load({ waiting: 0 }))
      return await asked()
    },
  })
  const { code, out } = await selector.portico('servers drain ast1 --wait')
  t.equal(code, 0)
  t.match(out, /^ast1 draining\n2 waiting, 0 in call, 0 coming; nobody has left yet\n(.*\n)?ast1 is empty\n$/)
})

t.test('--move asks the doors to take idle agents away, until it is active again', async t => {
  const selector = await liveSelector(t)
  await withAgents(selector, 1)
  await selector.portico('servers drain ast1 --move')
  t.match((await selector.store.servers.get('ast1'))?.item, { wanted: 'draining', evacuate: true })
  await selector.portico('servers activate ast1')
  const active = (await selector.store.servers.get('ast1'))?.item
  t.equal(active?.wanted, 'active')
  t.notOk(active?.evacuate)
})
