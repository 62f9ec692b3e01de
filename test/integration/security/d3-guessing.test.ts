// D3: guessing a password is slowed down for each user and address, and for each address. The agent itself gets in elsewhere.
import t, { type Test } from 'tap'
import { phone, type Phone } from '../../support/attack/phone.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openDoor, type OpenDoor } from '../../support/open-door.ts'
import { statusOf } from '../../support/sip-text.ts'

const attackers = 100
const guesses = 100

function door(t: Test, limits: Readonly<Record<string, number>> = {}): Promise<OpenDoor> {
  // Without its bound on messages a connection would be closed long before.
  return openDoor(t, {
    clock: new ManualClock(),
    settings: { limits: { messagesPerSecond: 0, connectionsPerAddress: 200, ...limits } },
  })
}

/** How many of the guesses were looked at: those that were answered by a challenge. */
async function evaluated(attacker: Phone, user: (at: number) => string, count: number): Promise<number> {
  const nonce = await attacker.challenge()
  const answers = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      attacker.prove('REGISTER', { user: user(at), nonce, password: `guess ${at}` }),
    ),
  )
  return answers.filter(answer => statusOf(answer) === 401).length
}

t.test('of 10,000 guesses from 100 addresses at most 200 are looked at', { timeout: 120_000 }, async t => {
  const opened = await door(t)
  const sources = Array.from({ length: attackers }, (_, at) => `127.0.20.${at + 1}`)
  let looked = 0
  for (const from of sources)
    looked += await evaluated(await phone(t, opened, '1001', from), () => '1001', guesses)
  t.ok(looked > 0 && looked <= 200, `${looked} were`)
  const agent = await phone(t, opened, '1001', '127.0.21.1')
  t.equal(statusOf(await agent.prove('REGISTER', {})), 200, 'the agent gets in from elsewhere')
})

t.test('without the control every guess is looked at', async t => {
  const opened = await door(t, { loginGuesses: 1_000, loginsPerMinutePerAddress: 100_000 })
  t.equal(await evaluated(await phone(t, opened), () => '1001', guesses), guesses)
})

t.test('one address that guesses at many agents is slowed down as a whole', async t => {
  const opened = await door(t, { loginsPerMinutePerAddress: 30 })
  t.equal(await evaluated(await phone(t, opened), at => `${1000 + at}`, guesses), 30)
})

t.test('the wait is told, and is over when it is over', async t => {
  const clock = new ManualClock()
  const opened = await openDoor(t, { clock })
  const agent = await phone(t, opened)
  for (const _ of [1, 2]) await agent.prove('REGISTER', { password: 'wrong' })
  const slowed = await agent.prove('REGISTER', {})
  t.match([statusOf(slowed), slowed.headers.get('retry-after')], [503, ['1']])
  clock.advance(1_000)
  t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
})
