// D5: a credential that was issued for a session ends when it ends: at its time, with the agent, or with the agent's password.
// Nothing that was proven with it outlives it, on no connection and in no registration.
import t, { type Test } from 'tap'
import { phone, type Phone } from '../../support/attack/phone.ts'
import type { RequestText } from '../../support/attack/text.ts'
import { answerSdp } from '../../support/media-server.ts'
import { domain, openDoor, type OpenDoor } from '../../support/open-door.ts'
import { statusOf } from '../../support/sip-text.ts'
import { ha1Of } from '../../../selector/credentials.ts'
import type { Credential } from '../../../selector/store/store.ts'

interface Shift {
  readonly door: OpenDoor
  readonly agent: Phone
  /** Registers; resolves to the status. */
  readonly register: () => Promise<number>
  /** Calls in; resolves to the status, which is 503 for an agent who may, as no media server answers. */
  readonly call: () => Promise<number>
  readonly change: (credential: Partial<Credential>) => Promise<void>
}

const invite: RequestText = {
  uri: `sip:conference@${domain}`,
  headers: [['Content-Type', 'application/sdp']],
  body: answerSdp('192.0.2.1'),
}

async function shift(t: Test): Promise<Shift> {
  const door = await openDoor(t, { settings: { failover: { tryMs: 100 } } })
  const found = (await door.store.agents.get('1001'))?.item
  if (!found) throw new Error('no agent')
  const { authorizationUser: user, password } = await door.credentials.issue(found)
  const agent = await phone(t, door)
  const headers = [['Contact', '<sip:device@k7.invalid;transport=ws>']] as const
  return {
    door,
    agent,
    register: async () => statusOf(await agent.prove('REGISTER', { user, password }, { headers })),
    call: async () => statusOf(await agent.say('INVITE', invite)),
    async change(credential) {
      const stored = await door.store.credentials.get(user)
      if (!stored) throw new Error('no credential')
      await door.store.credentials.put({ ...stored, ...credential })
    },
  }
}

t.test('it registers and calls while it lasts', async t => {
  const { register, call } = await shift(t)
  t.equal(await call(), 401, 'nothing without a proof')
  t.equal(await register(), 200)
  t.equal(await call(), 503)
})

const ends: readonly (readonly [string, (shift: Shift) => Promise<unknown>])[] = [
  ['its time is over', ({ change }) => change({ expiresAt: Date.now() - 1 })],
  ['the agent is gone', ({ door }) => door.store.agents.remove('1001')],
  [
    'the agent has another password',
    ({ door }) => door.store.agents.put({ id: '1001', name: 'Ann', ha1: ha1Of('1001', domain, 'another') }),
  ],
]
for (const [name, end] of ends) {
  t.test(`when ${name}, neither a call nor a registration gets in, on the same connection`, async t => {
    const made = await shift(t)
    t.equal(await made.register(), 200)
    await end(made)
    t.equal(await made.call(), 401)
    t.equal(await made.register(), 401)
  })
}

t.test('a registration does not outlive it', async t => {
  const { register, change, door } = await shift(t)
  const expiresAt = Date.now() + 20_000
  await change({ expiresAt })
  t.equal(await register(), 200)
  t.match(await door.store.bindings.of('1001'), [{ expiresAt }])
})

t.test('it is good for its own agent only, and for no other realm', async t => {
  const { door } = await shift(t)
  const found = (await door.store.agents.get('1001'))?.item
  if (!found) throw new Error('no agent')
  const { authorizationUser: user, password } = await door.credentials.issue(found)
  const other = await phone(t, door, '1002')
  t.equal(statusOf(await other.prove('REGISTER', { user, password })), 403)
})
