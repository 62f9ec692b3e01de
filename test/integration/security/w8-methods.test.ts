// W8: an agent's connection gets in what the door takes part in, from the agent that was proven, and nothing else. Whatever else is
// tried, no byte of it reaches a media server.
import t, { type Test } from 'tap'
import { phone, type Phone } from '../../support/attack/phone.ts'
import { passing } from '../../support/attack/time.ts'
import type { RequestText } from '../../support/attack/text.ts'
import { answerSdp, openMediaServer, type FakeMediaServer } from '../../support/media-server.ts'
import { domain, openDoor } from '../../support/open-door.ts'
import { headerOf, statusOf } from '../../support/sip-text.ts'

interface Scene {
  readonly server: FakeMediaServer
  readonly agent: Phone
  readonly stranger: Phone
}

/** 1001 is registered; the other connection has proven nothing. */
async function scene(t: Test): Promise<Scene> {
  const server = await openMediaServer(t)
  const door = await openDoor(t, { server: server.sip })
  const agent = await phone(t, door)
  t.equal(statusOf(await agent.prove('REGISTER', {})), 200)
  return { server, agent, stranger: await phone(t, door) }
}

const offer = {
  uri: `sip:conference@${domain}`,
  headers: [['Content-Type', 'application/sdp']],
  body: answerSdp('192.0.2.1'),
} as const
const other = `sip:1002@${domain}`
const methods = [
  'INVITE',
  'MESSAGE',
  'SUBSCRIBE',
  'PUBLISH',
  'NOTIFY',
  'REFER',
  'INFO',
  'UPDATE',
  'PRACK',
  'BYE',
  'FOO',
]

const refused = [401, 403, 405, 481]

for (const method of methods) {
  t.test(`${method} gets nowhere without a proof, and not in another’s name`, async t => {
    const { server, agent, stranger } = await scene(t)
    const given: RequestText = { ...offer, headers: [...offer.headers, ['Refer-To', `<${other}>`]] }
    const statuses = [
      statusOf(await stranger.say(method, given)),
      statusOf(await agent.say(method, { ...given, from: other })),
      statusOf(await agent.prove(method, { user: '1002' }, { ...given, from: other })),
    ]
    for (const status of statuses) t.ok(refused.includes(status), `${status}`)
    await passing(50)
    t.strictSame(server.requests, [])
  })
}

const foreign: readonly (readonly [string, RequestText['headers']])[] = [
  ['P-Asserted-Identity', [['P-Asserted-Identity', `<${other}>`]]],
  ['P-Preferred-Identity', [['P-Preferred-Identity', `<${other}>`]]],
  ['Contact', [['Contact', `<${other}>`]]],
]
for (const [name, headers = []] of foreign) {
  t.test(`an INVITE whose ${name} is another agent is refused`, async t => {
    const { server, agent } = await scene(t)
    t.equal(statusOf(await agent.say('INVITE', { ...offer, headers: [...offer.headers, ...headers] })), 403)
    await passing(50)
    t.strictSame(server.requests, [])
  })
}

t.test('the agent itself gets in, under its own name only', async t => {
  const { server, agent } = await scene(t)
  t.equal(statusOf(await agent.say('INVITE', offer)), 200)
  t.equal(server.requests.length > 0, true)
  t.match(
    headerOf(server.requests[0] ?? { start: '', headers: new Map(), body: '' }, 'from'),
    `sip:1001@${domain}`,
  )
})

t.test('nobody else gets into its call, whoever knows the ids of the dialog', async t => {
  const { server, agent, stranger } = await scene(t)
  const ids = { callId: 'a-known-call-id', fromTag: 'a-known-tag' }
  const answer = await agent.say('INVITE', { ...offer, ...ids })
  const toTag = /;tag=([^;]+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
  // 491: the INVITE that stands is not acknowledged yet.
  const mayBe = [401, 403, 491]
  const before = server.requests.length
  for (const method of ['BYE', 'INFO', 'MESSAGE', 'INVITE', 'UPDATE']) {
    const stolen = { ...offer, ...ids, toTag, cseq: 7 }
    t.ok(mayBe.includes(statusOf(await stranger.say(method, stolen))), `${method} from a stranger`)
    const asOther = await stranger.prove(method, { user: '1002' }, { ...stolen, from: other })
    t.ok(mayBe.includes(statusOf(asOther)), `${method} from another agent`)
  }
  await passing(50)
  t.equal(server.requests.slice(before).filter(({ start }) => !start.startsWith('ACK')).length, 0)
  const bye = await agent.say('BYE', { ...ids, toTag, cseq: 2 })
  t.equal(statusOf(bye), 200, 'the call is still its agent’s')
})
