import t from 'tap'
import { createDirectory } from '../../../../proxy/route/directory.ts'
import { systemClock } from '../../../../runtime/clock.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { createMemoryStore } from '../../../../selector/store/memory/store.ts'
import { mediaServer } from '../../../support/fleet.ts'

const policy = { utilisation: 'expected', rho: 0.7 } as const
const at = (host: string, port: number) => ({ sip: { host, port, transport: 'udp' } as const })

t.test('several servers at one address are told apart by their ports', async t => {
  const store = createMemoryStore({ policy, clock: systemClock, log: silentLog })
  await store.start()
  for (const [id, port] of [
    ['ms-b', 5080],
    ['ms-a', 5060],
  ] as const)
    await store.servers.put(mediaServer(id, at('10.0.0.1', port)))
  await store.servers.put(mediaServer('ms-c', at('10.0.0.2', 5060)))
  const directory = createDirectory({ store, credentials: async () => undefined, log: silentLog })
  await directory.start()
  t.teardown(async () => {
    await directory.stop()
    await store.stop()
  })
  t.equal(directory.serverAt('10.0.0.1', 5060)?.id, 'ms-a')
  t.equal(directory.serverAt('10.0.0.1', 5080)?.id, 'ms-b')
  t.equal(directory.serverAt('10.0.0.2', 40_000)?.id, 'ms-c', 'a TCP connection has a port of its own')
  t.equal(directory.serverAt('10.0.0.1', 40_000)?.id, 'ms-a')
  t.equal(directory.serverAt('10.0.0.3', 5060), undefined)
  t.strictSame([...directory.servers()].map(({ id }) => id).toSorted(), ['ms-a', 'ms-b', 'ms-c'])
  t.equal(directory.server('ms-b')?.sip.port, 5080)
  await store.servers.remove('ms-a')
  await new Promise(setImmediate)
  t.equal(directory.serverAt('10.0.0.1', 5060)?.id, 'ms-b', 'the list is followed')
})
