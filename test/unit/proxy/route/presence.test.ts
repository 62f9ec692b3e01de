import t from 'tap'
import type { CallLog, CallRecord, LiveCall, Placement } from '../../../../proxy/ports.ts'
import { createPresence } from '../../../../proxy/route/presence.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { agentLine, groupLine, serverLine } from '../../../../selector/domain/queue.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { ms1 } from '../call/fixtures.ts'

const placement: Placement = {
  place: async () => ({ kind: 'placed', server: ms1 }),
  release: async () => undefined,
  settled: async () => undefined,
  left: async () => undefined,
  whereIs: async () => undefined,
  result: () => undefined,
}
const silent: CallLog = { began: () => undefined, changed: () => undefined, over: () => undefined }
const live: LiveCall = {
  id: 'c1',
  kind: 'client',
  agent: 'ann',
  leg: 'l',
  state: 'up',
  since: 0,
}
const record: CallRecord = {
  ...live,
  caller: '1001',
  servers: ['ms-1'],
  verdict: 'caller-hung-up',
  status: 200,
  endedAt: 0,
}

/** A call centre with Ann, who serves sales; and who is taken from a line now, if anybody. */
async function centre() {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  await store.agents.put({ id: 'ann', name: 'Ann', ha1: { md5: '', sha256: '' }, groups: ['sales'] })
  const presence = createPresence({ store, clock, log: silentLog })
  await presence.start()
  const taken = async (line: string) => {
    const order = { client: 'probe', lines: [line], at: clock.wall(), ttlMs: 1_000 }
    const found = await store.queues.take(order)
    if (found) await store.queues.free(found.agent, 'probe', clock.wall())
    return found?.agent
  }
  return { store, presence, taken, placed: presence.placement(placement), calls: presence.callLog(silent) }
}

const settled = { call: 'leg', agent: 'ann', server: 'ms-1' }

t.test('an agent that is up waits in the lines of its groups and of its server', async t => {
  const { placed, taken } = await centre()
  t.equal(await taken(groupLine('sales')), undefined)
  await placed.settled(settled)
  t.strictSame([await taken(groupLine('sales')), await taken(serverLine('ms-1'))], ['ann', 'ann'])
  await placed.left({ agent: 'ann', call: 'an older one', isLost: false })
  t.equal(await taken(groupLine('sales')), 'ann')
  await placed.left({ ...settled, isLost: false })
  t.equal(await taken(groupLine('sales')), undefined)
})

t.test('with a client, called in or dialled, it does not wait', async t => {
  const { placed, calls, taken } = await centre()
  await placed.settled(settled)
  for (const kind of ['client', 'dial-out'] as const) {
    calls.began({ ...live, kind })
    t.equal(await taken(groupLine('sales')), undefined, kind)
    calls.over({ ...record, kind })
    t.equal(await taken(groupLine('sales')), 'ann', kind)
  }
  calls.began({ ...live, kind: 'agent' })
  t.equal(await taken(groupLine('sales')), 'ann', 'its own leg is no client')
})

t.test('an agent that talks to a number does not wait', async t => {
  const { placed, calls, taken } = await centre()
  await placed.settled(settled)
  const { agent: by, ...rest } = live
  const talk: LiveCall = { ...rest, ...(by !== undefined && { by }), kind: 'consult-out' }
  calls.began(talk)
  calls.changed({ ...talk, state: 'up' })
  t.equal(await taken(groupLine('sales')), undefined)
  const { agent: _, ...over } = record
  calls.over({ ...over, ...talk })
  t.equal(await taken(groupLine('sales')), 'ann')
})

t.test(
  'an agent that consults another one waits as little as that one, with or without a client',
  async t => {
    const { placed, calls, taken } = await centre()
    await placed.settled(settled)
    await placed.settled({ call: 'other leg', agent: 'bob', server: 'ms-1' })
    const waiting = async () => [await taken(agentLine('ann')), await taken(agentLine('bob'))]
    const talk: LiveCall = { ...live, id: 't1', kind: 'consult', agent: 'bob', by: 'ann' }
    calls.began(live)
    calls.began(talk)
    calls.over(record)
    t.strictSame(await waiting(), [undefined, undefined])
    calls.over({ ...record, ...talk })
    t.strictSame(await waiting(), ['ann', 'bob'])
  },
)

t.test('a client that is handed to another agent sets the first one free', async t => {
  const { placed, calls, taken } = await centre()
  await placed.settled(settled)
  await placed.settled({ call: 'other leg', agent: 'bob', server: 'ms-1' })
  const waiting = async () => [await taken(agentLine('ann')), await taken(agentLine('bob'))]
  calls.began(live)
  t.strictSame(await waiting(), [undefined, 'bob'])
  calls.changed({ ...live, agent: 'bob' })
  t.strictSame(await waiting(), ['ann', undefined])
  calls.over({ ...record, agent: 'bob' })
  t.strictSame(await waiting(), ['ann', 'bob'])
})

t.test('an agent that is moved waits on the other server', async t => {
  const { placed, taken } = await centre()
  await placed.settled(settled)
  await placed.settled({ ...settled, server: 'ms-2' })
  t.strictSame([await taken(serverLine('ms-1')), await taken(serverLine('ms-2'))], [undefined, 'ann'])
})

t.test('other groups take effect while it works', async t => {
  const { store, presence, placed, taken } = await centre()
  await placed.settled(settled)
  await store.agents.put({ id: 'ann', name: 'Ann', ha1: { md5: '', sha256: '' }, groups: ['support'] })
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame([await taken(groupLine('sales')), await taken(groupLine('support'))], [undefined, 'ann'])
  await presence.stop()
})
