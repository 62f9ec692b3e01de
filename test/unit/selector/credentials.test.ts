import t from 'tap'
import { silentLog } from '../../../runtime/log.ts'
import { createCredentials, ha1Of, type Credentials } from '../../../selector/credentials.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import type { Agent } from '../../../selector/domain/agent.ts'
import type { Store } from '../../../selector/store/store.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const realm = 'realm.example'

interface Office {
  readonly credentials: Credentials
  readonly store: Store
  readonly clock: ManualClock
  readonly agent: Agent
}

async function office(): Promise<Office> {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const agent = { id: '1001', name: 'Ann', ha1: ha1Of('1001', realm, 'right') }
  await store.agents.put(agent)
  return { credentials: createCredentials({ store, realm, ttlSec: 60, clock }), store, clock, agent }
}

t.test('HA1 is that of RFC 7616 §3.9.1, for both algorithms', async t => {
  t.strictSame(ha1Of('Mufasa', 'http-auth@example.org', 'Circle of Life'), {
    md5: '3d78807defe7de2157e2b0b6573a855f',
    sha256: '7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232',
  })
})

t.test('only the right password of an agent is the right password', async t => {
  const { credentials } = await office()
  t.match(await credentials.verify('1001', 'right'), { id: '1001' })
  t.equal(await credentials.verify('1001', 'wrong'), undefined)
  t.equal(await credentials.verify('1002', 'right'), undefined)
})

t.test('an agent can register with the own password', async t => {
  const { credentials } = await office()
  t.strictSame(await credentials.ha1For('1001'), { agent: '1001', ha1: ha1Of('1001', realm, 'right') })
  t.equal(await credentials.ha1For('1002'), undefined)
})

t.test('a credential that was issued stands for its agent until it expires', async t => {
  const { credentials, store, clock, agent } = await office()
  const issued = await credentials.issue(agent)
  t.match(issued, { authorizationUser: /^1001~[0-9a-f]{16}$/, expiresAt: clock.wall() + 60_000 })
  const { authorizationUser, password } = issued
  t.strictSame(await credentials.ha1For(authorizationUser), {
    agent: '1001',
    ha1: ha1Of(authorizationUser, realm, password),
    expiresAt: issued.expiresAt,
  })
  t.equal(await credentials.ha1For('1001~0000000000000000'), undefined)
  t.notMatch(JSON.stringify(await store.credentials.get(authorizationUser)), password)
  clock.advance(60_000)
  t.equal(await credentials.ha1For(authorizationUser), undefined)
})

t.test(
  'another password, or the removal of the agent, ends what was issued; another name does not',
  async t => {
    const { credentials, store, agent } = await office()
    const { authorizationUser } = await credentials.issue(agent)
    await store.agents.put({ ...agent, name: 'Bea' })
    t.ok(await credentials.ha1For(authorizationUser))
    await store.agents.put({ ...agent, ha1: ha1Of('1001', realm, 'new') })
    t.equal(await credentials.ha1For(authorizationUser), undefined)
    await store.agents.put(agent)
    await store.agents.remove('1001')
    t.equal(await credentials.ha1For(authorizationUser), undefined)
  },
)
