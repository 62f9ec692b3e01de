import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import type { Part } from '../../../../runtime/lifecycle.ts'
import { createFleetCollector } from '../../../../selector/ami/fleet-collector.ts'
import type { AmiLink } from '../../../../selector/ami/link.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import type { Store } from '../../../../selector/store/store.ts'
import { mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const policy = { utilisation: 'expected', rho: 0.7 } as const

/** Notes which servers are connected to, by `<holder> <id> <host>`. */
function collectors(store: Store, clock: ManualClock): { open: Set<string>; by: (holder: string) => Part } {
  const open = new Set<string>()
  const connect = (holder: string, { id, ami }: MediaServer): AmiLink => {
    const name = `${holder} ${id} ${ami.host}`
    return {
      start: () => void open.add(name),
      stop: () => void open.delete(name),
      action: async () => new Map(),
      list: async () => [],
      proven: () => undefined,
    }
  }
  const by = (holder: string): Part =>
    createFleetCollector({
      store,
      holder,
      clock,
      chance: () => 0,
      log: silentLog,
      connect: server => connect(holder, server),
    })
  return { open, by }
}

t.test('one process follows each server, and another takes over when it stops', async t => {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy, clock, log: silentLog })
  for (const id of ['ms-a', 'ms-b']) await store.servers.put(mediaServer(id))
  const { open, by } = collectors(store, clock)
  const [one, two] = [by('one'), by('two')]
  await one.start()
  await settled()
  await two.start()
  await settled()
  t.strictSame([...open], ['one ms-a 127.0.1.1', 'one ms-b 127.0.1.1'])
  clock.advance(10_000)
  await settled()
  t.equal(open.size, 2)
  await one.stop()
  t.strictSame([...open], [])
  clock.advance(2_000)
  await settled()
  t.strictSame([...open], ['two ms-a 127.0.1.1', 'two ms-b 127.0.1.1'])
  await two.stop()
  t.equal(clock.pending, 0)
})

t.test('a process that says nothing for three seconds loses its servers', async t => {
  const clock = new ManualClock()
  const frozen = { ...createMemoryStore({ policy, clock, log: silentLog }) }
  await frozen.servers.put(mediaServer('ms-a'))
  t.equal(await frozen.leases.hold('collect-ms-a', 'frozen', 3_000), 1)
  const { open, by } = collectors(frozen, clock)
  const part = by('other')
  await part.start()
  for (const expected of [0, 0, 1]) {
    clock.advance(1_000)
    await settled()
    t.equal(open.size, expected)
  }
  await part.stop()
})

t.test('the list of servers is followed: added, moved, removed', async t => {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy, clock, log: silentLog })
  const { open, by } = collectors(store, clock)
  const part = by('one')
  await part.start()
  const server = mediaServer('ms-a')
  await store.servers.put(server)
  await settled()
  t.strictSame([...open], ['one ms-a 127.0.1.1'])
  await store.servers.put({ ...server, wanted: 'draining' })
  await settled()
  t.strictSame([...open], ['one ms-a 127.0.1.1'])
  await store.servers.put({ ...server, ami: { ...server.ami, host: '127.0.1.9' } })
  await settled()
  t.strictSame([...open], ['one ms-a 127.0.1.9'])
  await store.servers.remove('ms-a')
  await settled()
  t.strictSame([...open], [])
  await part.stop()
})

t.test('a store that cannot tell who has the lease changes nothing', async t => {
  const clock = new ManualClock()
  const memory = createMemoryStore({ policy, clock, log: silentLog })
  let reachable = true
  const hold: typeof memory.leases.hold = async (...args) => {
    if (!reachable) throw new Error('away')
    return await memory.leases.hold(...args)
  }
  const store = { ...memory, leases: { ...memory.leases, hold } }
  await store.servers.put(mediaServer('ms-a'))
  const { open, by } = collectors(store, clock)
  const part = by('one')
  await part.start()
  await settled()
  reachable = false
  clock.advance(60_000)
  await settled()
  t.equal(open.size, 1)
  await part.stop()
})
