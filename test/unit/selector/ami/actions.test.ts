import t, { type Test } from 'tap'
import { createAmiActions, type AmiActions } from '../../../../selector/ami/actions.ts'
import type { OriginateOrder } from '../../../../selector/ami/originate.ts'
import type { MediaServer } from '../../../../selector/domain/media-server.ts'
import { FakeAmi, reply, type Headers } from '../../../support/fake-ami.ts'
import { mediaServer } from '../../../support/fleet.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

interface World {
  readonly ami: FakeAmi
  readonly actions: AmiActions
  readonly server: MediaServer
  readonly clock: ManualClock
}

async function world(t: Test): Promise<World> {
  const ami = new FakeAmi()
  await ami.start()
  const clock = new ManualClock()
  const actions = createAmiActions({ clock, idleMs })
  t.teardown(async () => {
    await actions.stop()
    await ami.stop()
  })
  return { ami, actions, server: mediaServer('ms-a', { ami: ami.address }), clock }
}

/** Shorter than the time to the first ping, which an advancing clock would not let come back. */
const idleMs = 1_000

const order: OriginateOrder = {
  call: 'c-1',
  agent: 'anna',
  number: '100',
  domain: 'pstn.example',
  ringMs: 30_000,
  holdMs: 30_000,
}

/** Takes the order, then tells these events of its channel. */
function originates(ami: FakeAmi, ...events: readonly (readonly [name: string, headers: Headers])[]): void {
  ami.answers.set('originate', action => {
    setImmediate(() => {
      for (const [name, headers] of events) ami.event(name, [['Uniqueid', 'c-1'], ...headers])
    })
    return reply(action, 'Success', 'Originate successfully queued')
  })
}

t.test('a call that is answered', async t => {
  const { ami, actions, server } = await world(t)
  originates(ami, ['OriginateResponse', [['Response', 'Success']]])
  t.strictSame(await actions.originate(server, order), { kind: 'answered' })
  t.equal((await ami.received('originate')).get('channelid'), 'c-1')
})

const failure: readonly [string, Headers] = ['OriginateResponse', [['Response', 'Failure']]]
const hangup: readonly [string, Headers] = [
  'Hangup',
  [
    ['Cause', '17'],
    ['TechCause', '486'],
  ],
]
for (const [name, events] of [
  ['before', [hangup, failure]],
  ['after', [failure, hangup]],
] as const) {
  t.test(`why a call failed is told by the hangup that comes ${name} the response`, async t => {
    const { ami, actions, server } = await world(t)
    originates(ami, ...events)
    t.strictSame(await actions.originate(server, order), { kind: 'failed', cause: 17, status: 486 })
  })
}

t.test('a call for which no channel was made has no cause', async t => {
  const { ami, actions, server, clock } = await world(t)
  originates(ami, failure)
  const outcome = actions.originate(server, order)
  await ami.received('originate')
  // The session asks for the channels once it has waited for a hangup in vain.
  const asked = ami.received('coreshowchannels')
  const tick = setInterval(() => clock.advance(500), 5)
  await asked
  clearInterval(tick)
  t.strictSame(await outcome, { kind: 'failed', cause: 0 })
})

t.test('an order that was given before is told from a failure', async t => {
  const { ami, actions, server, clock } = await world(t)
  ami.channels = [{ uniqueid: 'c-1', account: 'client:c-1' }]
  originates(ami, failure)
  const outcome = actions.originate(server, order)
  const asked = ami.received('coreshowchannels')
  const tick = setInterval(() => clock.advance(500), 5)
  await asked
  clearInterval(tick)
  t.strictSame(await outcome, { kind: 'already' })
})

t.test('the same order twice at once dials once', async t => {
  const { ami, actions, server } = await world(t)
  originates(ami, ['OriginateResponse', [['Response', 'Success']]])
  const both = await Promise.all([actions.originate(server, order), actions.originate(server, order)])
  t.strictSame(both, [{ kind: 'answered' }, { kind: 'answered' }])
  t.equal(ami.actions.filter(action => action.get('action')?.toLowerCase() === 'originate').length, 1)
})

t.test('a lost connection ends the wait for an answer', async t => {
  const { ami, actions, server } = await world(t)
  originates(ami)
  const outcome = actions.originate(server, order)
  await ami.received('originate')
  ami.reset()
  await t.rejects(outcome, { code: 'E_AMI_CLOSED' })
})

t.test('what Asterisk never tells the end of is given up after the ringing', async t => {
  const { ami, actions, server, clock } = await world(t)
  originates(ami)
  const outcome = actions.originate(server, { ...order, ringMs: 1_000 })
  await ami.received('originate')
  const tick = setInterval(() => clock.advance(1_000), 5)
  await t.rejects(outcome, { code: 'E_AMI_TIMEOUT' })
  clearInterval(tick)
})

t.test('hangs up every channel of a call and no other', async t => {
  const { ami, actions, server } = await world(t)
  ami.channels = [
    { uniqueid: '1', account: 'client:c-1' },
    { uniqueid: '2', account: 'agent:c-1' },
    { uniqueid: '3', account: 'client:c-10' },
  ]
  const ended: string[] = []
  ami.answers.set('hangup', action => {
    const channel = action.get('channel') ?? ''
    ended.push(channel)
    return channel === 'PJSIP/1' ? reply(action, 'Success') : reply(action, 'Error', 'No such channel')
  })
  t.equal(await actions.hangup(server, 'c-1'), 1)
  t.strictSame(ended, ['PJSIP/1', 'PJSIP/2'])
  t.equal(await actions.hangup(server, 'c-9'), 0)
  await t.rejects(actions.hangup(server, '.*'), { code: 'E_AMI_REFUSED' })
})

t.test('sends the clients out and keeps the agent', async t => {
  const { ami, actions, server } = await world(t)
  ami.answers.set('confbridgekick', action => reply(action, 'Success', 'User kicked'))
  t.equal(await actions.kickClients(server, 'anna'), true)
  const action = await ami.received('confbridgekick')
  t.strictSame([action.get('conference'), action.get('channel')], ['agt-anna', 'participants'])
  ami.answers.set('confbridgekick', action => reply(action, 'Error', 'No Conference by that name found.'))
  t.equal(await actions.kickClients(server, 'anna'), false)
  ami.answers.set('confbridgekick', action => reply(action, 'Error', 'Permission denied'))
  await t.rejects(actions.kickClients(server, 'anna'), { code: 'E_AMI_REFUSED' })
})

t.test('a wrong password is told as such', async t => {
  const { actions, server } = await world(t)
  const wrong = { ...server, ami: { ...server.ami, secret: 'wrong' } }
  await t.rejects(actions.hangup(wrong, 'c-1'), { code: 'E_AMI_LOGIN' })
  await t.rejects(actions.hangup({ ...wrong, ami: { ...wrong.ami, secret: 'a\nb' } }, 'c-1'), {
    code: 'E_AMI_REFUSED',
  })
})

t.test('one connection serves many actions, and closes when none came for a while', async t => {
  const { ami, actions, server, clock } = await world(t)
  await Promise.all([actions.hangup(server, 'c-1'), actions.hangup(server, 'c-2')])
  clock.advance(idleMs - 1)
  await actions.hangup(server, 'c-3')
  t.equal(logins(ami), 1)
  clock.advance(idleMs)
  await actions.hangup(server, 'c-4')
  t.equal(logins(ami), 2)
})

const logins = (ami: FakeAmi): number =>
  ami.actions.filter(action => action.get('action')?.toLowerCase() === 'login').length
