import t from 'tap'
import { createHealthWatch } from '../../../../proxy/route/health-watch.ts'
import { createPlacement } from '../../../../proxy/route/placement.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { defaultHealthPolicy } from '../../../../selector/domain/health.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import { load, mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const onLost = (): void => undefined

/** Two servers, of which ms-1 is by far the emptier one. */
async function fleet() {
  const clock = new ManualClock()
  const [log, policy] = [silentLog, { utilisation: 'expected', rho: 0.7 } as const]
  const store = createMemoryStore({ policy, clock, log })
  for (const [id, inCall] of [
    ['ms-1', 0],
    ['ms-2', 50],
  ] as const) {
    await store.servers.put(mediaServer(id))
    await store.ledger.putLoad(id, load({ inCall }))
  }
  const health = createHealthWatch({ ledger: store.ledger, clock, log, policy: defaultHealthPolicy, onLost })
  const parts = { store, health, door: 'd', clock, log, reservationTtlMs: 15_000, chance: () => 0 }
  const placement = createPlacement({ ...parts, holdMs: 30_000 })
  const chosen = async (call: string, exclude: readonly string[] = []): Promise<string | undefined> => {
    const placed = await placement.place({ call, agent: 'anna', exclude })
    return placed.kind === 'placed' ? placed.server.id : undefined
  }
  return { store, clock, health, placement, chosen }
}

const onMs2 = { agent: 'anna', server: 'ms-2', call: 'c1' }

t.test('an agent that was lost comes back to its clients, however full their server is', async t => {
  const { placement, chosen, store } = await fleet()
  await store.pins.put({ ...onMs2, fence: 7 })
  await placement.left({ ...onMs2, isLost: true })
  t.equal(await placement.whereIs('anna'), undefined, 'no new client goes there meanwhile')
  t.equal(await chosen('c2'), 'ms-2')
  await placement.settled({ ...onMs2, call: 'c2' })
  t.match(await placement.whereIs('anna'), { server: { id: 'ms-2' }, call: 'c2' })
  await placement.left({ ...onMs2, isLost: false })
  t.match(await placement.whereIs('anna'), { call: 'c2' }, 'what the older leg does is of no account')
})

t.test('after that it is placed as any other', async t => {
  const { placement, chosen, store, clock } = await fleet()
  await store.pins.put(onMs2)
  await placement.left({ ...onMs2, isLost: true })
  clock.advance(30_000)
  t.equal(await chosen('c2'), 'ms-1')
})

t.test('clients find an agent from the moment in which its call is said to be up', async t => {
  const { placement, chosen } = await fleet()
  t.equal(await chosen('c1'), 'ms-1')
  const settled = placement.settled({ agent: 'anna', server: 'ms-1', call: 'c1' })
  t.match(await placement.whereIs('anna'), { server: { id: 'ms-1' } })
  await settled
})

t.test('an agent that left is placed as any other at once', async t => {
  const { placement, chosen, store } = await fleet()
  await store.pins.put(onMs2)
  await placement.left({ ...onMs2, isLost: false })
  t.equal(await chosen('c2'), 'ms-1')
})

t.test('a server that does not take the agent back is not asked again', async t => {
  const { chosen, store } = await fleet()
  await store.pins.put(onMs2)
  t.equal(await chosen('c2', ['ms-2']), 'ms-1')
})

t.test('nobody goes back to a server that is disabled, or gone', async t => {
  const { chosen, store } = await fleet()
  await store.pins.put(onMs2)
  await store.servers.put(mediaServer('ms-2', { wanted: 'disabled' }))
  t.equal(await chosen('c2'), 'ms-1')
  await store.servers.remove('ms-2')
  t.equal(await chosen('c3'), 'ms-1')
})

t.test('nobody goes back to a server that is down or shuts down, until it takes calls again', async t => {
  const { chosen, store, health } = await fleet()
  await store.pins.put(onMs2)
  health.probed('ms-2', 'stopping')
  t.equal(await chosen('c2'), 'ms-1')
  for (let probes = 0; probes < 2; probes++) health.probed('ms-2', 'answered')
  t.equal(await chosen('c3'), 'ms-2')
  for (let probes = 0; probes < 3; probes++) health.probed('ms-2', 'silent')
  t.equal(await chosen('c4'), 'ms-1')
})

t.test('a server that fails calls is asked by the agent whose clients wait there', async t => {
  const { chosen, store, health } = await fleet()
  await store.pins.put(onMs2)
  for (let calls = 0; calls < 3; calls++) health.called('ms-2', 'failed')
  t.equal(await chosen('c2'), 'ms-2')
})

t.test('where an agent is is asked once for its entrance and its place, and anew for the next', async t => {
  const { chosen, placement, store } = await fleet()
  await store.pins.put(onMs2)
  let asked = 0
  const get = store.pins.get.bind(store.pins)
  store.pins.get = (agent, shown) => {
    asked += 1
    return get(agent, shown)
  }
  const [place, server] = await Promise.all([placement.whereIs('anna'), chosen('c2')])
  t.match([place, server], [{ call: 'c1' }, 'ms-2'])
  t.equal(asked, 1)
  await store.pins.remove('anna', 'c1')
  t.equal(await chosen('c3'), 'ms-1')
  t.equal(await placement.whereIs('anna'), undefined)
  t.equal(asked, 3)
})

t.test('an agent that its media server called keeps the pin that the choice was made for', async t => {
  const { placement, store } = await fleet()
  await store.pins.put({ ...onMs2, fence: 7 })
  await placement.left({ ...onMs2, isLost: true })
  await placement.settled({ ...onMs2, call: 'rung' })
  t.match(await store.pins.get('anna'), { call: 'rung', fence: 7 })
})
