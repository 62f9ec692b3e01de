import t from 'tap'
import { silentLog } from '../../../runtime/log.ts'
import type { Claim } from '../../../selector/domain/registration.ts'
import { createServerRegistration, type ServerRegistration } from '../../../selector/registration.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import type { Store } from '../../../selector/store/store.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const given = { username: 'portico', secret: 'of-the-fleet', capacity: 60, zone: 'default' }
const claim: Claim = { id: 'ms-a', host: '10.0.0.11', sip: { port: 5060, transport: 'udp' }, amiPort: 5038 }
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

interface World {
  readonly clock: ManualClock
  readonly store: Store
  readonly registration: ServerRegistration
  /** Lets time pass in the steps in which servers are looked for. */
  readonly pass: (ms: number) => Promise<void>
  readonly state: () => Promise<readonly (string | undefined)[]>
}

async function world(change: (store: Store) => Partial<Store> = () => ({})): Promise<World> {
  const clock = new ManualClock()
  const memory = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const store = { ...memory, ...change(memory) }
  const registration = createServerRegistration({
    store,
    given,
    longestSec: 60,
    door: 'd',
    clock,
    log: silentLog,
  })
  await registration.start()
  return {
    clock,
    store,
    registration,
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.advance(1_000)
        await settled()
      }
    },
    async state() {
      const item = (await store.servers.get('ms-a'))?.item
      return [item?.wanted, item?.registration]
    },
  }
}

t.test('a server is there as long as it registers, and drained when it stops', async t => {
  const { registration, pass, state } = await world()
  t.strictSame(await registration.register(claim, 60), { kind: 'registered' })
  await pass(50_000)
  await registration.register(claim, 60)
  await pass(59_000)
  t.strictSame(await state(), ['active', 'current'])
  await pass(15_000)
  t.strictSame(await state(), ['draining', 'lapsed'])
  await registration.register(claim, 60)
  t.strictSame(await state(), ['active', 'current'])
})

t.test('a server that says that it goes is drained at once; nobody else can say so', async t => {
  const { registration, state } = await world()
  await registration.register(claim, 60)
  await registration.unregister('ms-a', '10.0.0.99')
  t.strictSame(await state(), ['active', 'current'])
  await registration.unregister('ms-a', '10.0.0.11')
  t.strictSame(await state(), ['draining', 'lapsed'])
})

t.test('a process that starts gives every server the time to register again', async t => {
  const { store, pass, state, registration } = await world()
  await registration.register(claim, 60)
  await store.bindings.remove('server/ms-a', '10.0.0.11')
  await pass(60_000)
  t.strictSame(await state(), ['active', 'current'])
  await pass(20_000)
  t.strictSame(await state(), ['draining', 'lapsed'])
})

t.test('a store that takes no writes drains nobody, and the time begins anew when it does', async t => {
  let isAway = false
  const { registration, pass, state } = await world(({ servers }) => ({
    servers: {
      ...servers,
      put: async (...args) => {
        if (isAway) throw new Error('away')
        return servers.put(...args)
      },
    },
  }))
  await registration.register(claim, 60)
  isAway = true
  await pass(300_000)
  isAway = false
  await pass(30_000)
  t.strictSame(await state(), ['active', 'current'])
})

t.test('without secrets for new servers nobody is taken', async t => {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const registration = createServerRegistration({ store, longestSec: 60, door: 'd', clock, log: silentLog })
  t.strictSame(await registration.register(claim, 60), { kind: 'refused', reason: 'off' })
})

t.test('a claim that meets another writer is repeated', async t => {
  let meetings = 0
  const { registration, state } = await world(({ servers }) => ({
    servers: {
      ...servers,
      put: async (...args) => {
        meetings += 1
        return meetings === 1 ? undefined : servers.put(...args)
      },
    },
  }))
  t.strictSame(await registration.register(claim, 60), { kind: 'registered' })
  t.strictSame(await state(), ['active', 'current'])
})

t.test('nothing is watched after stop', async t => {
  const { registration, clock } = await world()
  await registration.stop()
  t.equal(clock.pending, 0)
})
