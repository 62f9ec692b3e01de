import t from 'tap'
import { liveSelector } from '../../support/cli.ts'

t.test('an agent is let go, and one that cannot be called says why', async t => {
  const { portico, store } = await liveSelector(t)
  await store.agents.put({ id: '1001', name: '', ha1: { md5: '', sha256: '' } })
  t.match(await portico('agents nailup 1001'), { code: 1, error: /sign in on its page.*\[E_CONFLICT\]/ })
  t.match(await portico('agents release 1001'), { code: 0, out: '1001 is in no conference\n' })
  const leg = { agent: '1001', kind: 'ring-agent', state: 'up', server: 'ms-1', since: 0, door: 'd' } as const
  await store.sessions.put({ ...leg, id: 'c1' })
  t.match(await portico('agents nailup 1001'), { code: 0, out: '1001 up on ms-1, call c1\n' })
  t.match(JSON.parse((await portico('agents nailup 1001 --json')).out), { id: 'c1', server: 'ms-1' })
  store.orders.take(async () => ({ kind: 'done', calls: ['c1'] }))
  t.match(await portico('agents release 1001'), { code: 0, out: '1001 let go\n' })
  t.match(JSON.parse((await portico('agents release 1001 --json')).out), { calls: ['c1'] })
})
