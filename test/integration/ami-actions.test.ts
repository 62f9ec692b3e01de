import t from 'tap'
import type { ResponseParts } from '../../engine/api.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createAmiActions } from '../../selector/ami/actions.ts'
import type { OriginateOrder } from '../../selector/ami/originate.ts'
import { agentLeg, login } from '../support/ami-legs.ts'
import { startLab } from '../support/lab.ts'
import { inNamespace } from '../support/namespace.ts'
import { SipPeer } from '../support/sip-peer.ts'
import { until } from '../support/world.ts'

/** What a carrier says to an offer of G.711. */
const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 8',
  'a=rtpmap:8 PCMA/8000',
  '',
].join('\r\n')

/** What the far side says when it picks up. */
const answered: ResponseParts = {
  status: 200,
  headers: [
    ['Contact', '<sip:door@127.0.0.1:5070>'],
    ['Content-Type', 'application/sdp'],
  ],
  body: sdp,
}

const order = (call: string): OriginateOrder => ({
  call,
  agent: 'anna',
  number: '+4930123456',
  domain: 'pstn.example',
  callerId: { name: 'Acme Ltd.', number: '+441234' },
  ringMs: 10_000,
  holdMs: 30_000,
})

async function suite(): Promise<void> {
  const lab = await startLab('ami-actions', 1)
  const [server] = lab.servers
  if (!server) throw new Error('the lab has no server')
  const actions = createAmiActions({ clock: systemClock })
  // Stands where the door listens for media servers.
  const door = await SipPeer.udp(5070)
  t.teardown(async () => {
    await actions.stop()
    await door.stop()
    await lab.run('down')
  })
  const members = () => actions.members(server, 'agt-anna')
  const invited = async () => {
    for (;;) {
      const event = await door.next('request')
      if (event.request.method === 'INVITE') return event
      door.answer(event, { status: 200 })
    }
  }
  const [link] = await login(server)
  await link.action(agentLeg('anna', 'a-1'))
  link.stop()
  await until('the agent to wait', async () => (await members()).length === 1)

  await t.test('an answered call joins the conference of its agent, marked with its call', async t => {
    const outcome = actions.originate(server, order('c-1'))
    const invite = await invited()
    t.equal(invite.request.uri, 'sip:+4930123456@pstn.example')
    t.equal(invite.request.headers.get('X-Portico-Call'), 'c-1')
    t.equal(invite.request.headers.get('X-Portico-Agent'), 'anna')
    t.match(invite.request.headers.get('From'), /^"Acme Ltd\." <sip:\+441234@/)
    door.answer(invite, answered)
    t.strictSame(await outcome, { kind: 'answered' })
    await until('the client to join', async () =>
      (await members()).some(({ role, call }) => role === 'client' && call === 'c-1'),
    )
  })

  await t.test('the same order again dials nobody', async t => {
    t.strictSame(await actions.originate(server, order('c-1')), { kind: 'already' })
  })

  await t.test('a call is hung up by its id, and the agent stays', async t => {
    t.equal(await actions.hangup(server, 'c-1'), 1)
    await until('the client to leave', async () => (await members()).length === 1)
    t.equal(await actions.hangup(server, 'c-1'), 0)
  })

  await t.test('a ringing call is hung up as well, and told as failed', async t => {
    const outcome = actions.originate(server, order('c-2'))
    door.answer(await invited(), { status: 180, headers: [['Contact', '<sip:door@127.0.0.1:5070>']] })
    t.equal(await actions.hangup(server, 'c-2'), 1)
    t.match(await outcome, { kind: 'failed' })
  })

  await t.test('a busy far side is told by its status', async t => {
    const outcome = actions.originate(server, order('c-3'))
    door.answer(await invited(), { status: 486 })
    t.strictSame(await outcome, { kind: 'failed', cause: 17, status: 486 })
  })

  await t.test('clients are sent out and the agent stays', async t => {
    const outcome = actions.originate(server, order('c-4'))
    door.answer(await invited(), answered)
    await outcome
    await until('the client to join', async () => (await members()).length === 2)
    t.equal(await actions.kickClients(server, 'anna'), true)
    await until('the client to leave', async () => (await members()).length === 1)
    t.equal(await actions.kickClients(server, 'nobody'), false)
  })

  await t.test('who wants an agent alone is refused while a client is with it', async t => {
    const caller = await SipPeer.udp()
    t.teardown(() => caller.stop())
    const invite = (call: string, ...headers: readonly (readonly [string, string])[]) =>
      caller.send({
        method: 'INVITE',
        uri: `sip:cli-anna@${server.sip.host}:${server.sip.port}`,
        headers: [
          ['From', '<sip:carrier@pstn.example>'],
          ['Contact', `<sip:door@127.0.0.1:${caller.port}>`],
          ['X-Portico-Call', call],
          ...headers,
          ['Content-Type', 'application/sdp'],
        ],
        body: sdp,
      })
    const alone = ['X-Portico-Alone', 'yes'] as const
    invite('q-1', alone)
    caller.ack((await caller.answered(200)).dialog)
    await until('the client to join', async () => (await members()).length === 2)
    invite('q-2', alone)
    await caller.answered(486)
    invite('q-3')
    caller.ack((await caller.answered(200)).dialog)
    await until('a second client, whom nothing keeps away', async () => (await members()).length === 3)
    for (const call of ['q-1', 'q-3']) await actions.hangup(server, call)
    await until('the agent to be alone', async () => (await members()).length === 1)
  })

  await t.test('a call to an agent who is not there ends', async t => {
    const outcome = actions.originate(server, { ...order('c-5'), agent: 'absent' })
    door.answer(await invited(), answered)
    t.strictSame(await outcome, { kind: 'answered' })
    await until('its channel to end', async () => (await actions.hangup(server, 'c-5')) === 0)
    t.strictSame(await actions.members(server, 'agt-absent'), [])
  })
}

if (await inNamespace(import.meta.url)) await suite()
