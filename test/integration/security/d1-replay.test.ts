// D1: a proof is worth something once, on the connection that it was made for. Whoever has recorded one gets in neither with it
// nor with its nonce: not here, not over another connection, not at another door, not after a restart.
import t, { type Test } from 'tap'
import { phone, proof, registrarUri, type Claim, type Phone } from '../../support/attack/phone.ts'
import { openDoor, type OpenDoor } from '../../support/open-door.ts'
import { headerOf, statusOf } from '../../support/sip-text.ts'

interface Recorded {
  readonly door: OpenDoor
  readonly victim: Phone
  readonly nonce: string
  /** The Authorization that got in. */
  readonly line: string
}

async function recorded(t: Test): Promise<Recorded> {
  const door = await openDoor(t)
  const victim = await phone(t, door)
  const nonce = await victim.challenge()
  const line = proof({ nonce, uri: registrarUri, nc: '00000005' })
  const answer = await victim.say('REGISTER', { headers: [['Authorization', line]] })
  t.equal(statusOf(answer), 200, 'the proof itself gets in')
  return { door, victim, nonce, line }
}

t.test('the same proof gets in once', async t => {
  const { victim, line } = await recorded(t)
  t.equal(statusOf(await victim.say('REGISTER', { headers: [['Authorization', line]] })), 401)
})

const reused: readonly (readonly [string, Claim])[] = [
  ['a count that was used', { nc: '00000005' }],
  ['a count below the last one', { nc: '00000004' }],
  ['another URI', { nc: '00000006', uri: 'sip:elsewhere.test' }],
  ['another method', { nc: '00000006', method: 'INVITE' }],
]
for (const [name, claim] of reused) {
  t.test(`the nonce does not get in with ${name}`, async t => {
    const { victim, nonce } = await recorded(t)
    t.equal(statusOf(await victim.prove('REGISTER', { ...claim, nonce })), 401)
  })
}

t.test('the nonce goes on with the next count, so that a phone need not ask each time', async t => {
  const { victim, nonce } = await recorded(t)
  t.equal(statusOf(await victim.prove('REGISTER', { nc: '00000006', nonce })), 200)
})

t.test('another connection gets in neither with the proof nor with the nonce', async t => {
  const { door, nonce, line } = await recorded(t)
  const thief = await phone(t, door)
  t.equal(statusOf(await thief.say('REGISTER', { headers: [['Authorization', line]] })), 401)
  const answer = await thief.prove('REGISTER', { nonce, nc: '0000ffff' })
  t.equal(statusOf(answer), 401)
  t.match(headerOf(answer, 'www-authenticate'), /stale=true/, 'who knows the password may try again at once')
})

t.test('another door of the fleet, which may be this one after a restart, does not take them', async t => {
  const { door, nonce, line } = await recorded(t)
  const other = await openDoor(t, { store: door.store })
  const thief = await phone(t, other)
  t.equal(statusOf(await thief.say('REGISTER', { headers: [['Authorization', line]] })), 401)
  t.equal(statusOf(await thief.prove('REGISTER', { nonce, nc: '0000ffff' })), 401)
})

t.test('both algorithms are offered, the stronger one first (RFC 8760)', async t => {
  const { victim } = await recorded(t)
  const { headers } = await victim.say('REGISTER')
  t.match(headers.get('www-authenticate'), [/algorithm=SHA-256/, /algorithm=MD5/])
  t.equal(statusOf(await victim.prove('REGISTER', { algorithm: 'MD5' })), 200)
})
