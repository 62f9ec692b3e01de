import type { Test } from 'tap'
import type { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, plainOffer, type UpCall } from '../../cli/synthetic/user-agent.ts'
import type { ResponseParts } from '../../engine/api.ts'
import type { SipRequest } from '../../engine/message/message.ts'
import { farEnd } from '../support/real-door.ts'
import { openTonePhone } from '../support/rtp-tone.ts'
import { audioTarget } from '../support/sip-client.ts'
import { sippAnswer } from '../support/sipp.ts'
import { until, type World } from '../support/world.ts'

/** Where SIPp stands for the telephone network. */
const pstn = '127.0.0.4'
const me = '1011'
const number = '+4930123456'

/** An agent talks to a number beside its conference, in which its client waits, on a real Asterisk; the trunk and its route are there. */
export async function tellConsultNumber(t: Test, world: World): Promise<void> {
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  const phone = await openTonePhone('127.0.0.2')
  t.teardown(() => phone.close())
  t.teardown(() => carrier.stop())
  const agent = await world.agent(me)
  const leg = await agent.join()
  const client = await carrier.call(me, plainOffer('127.0.0.2', phone.port))
  if (!isUp(client)) throw new Error(`the client leg was refused: ${client.status}`)
  const { host, port } = audioTarget(client.sdp)
  phone.play(1004)
  phone.sendTo(host, port)
  await until('both in the conference', async () => (await here(world)).length === 2)

  await t.test('a number that an agent may not dial is not called', async t => {
    await t.rejects(agent.consult('+1900555'), { message: /answered 403/ })
  })

  await t.test('the agent talks to a number, and its client waits meanwhile', async t => {
    const answering = await sippAnswer('pstn-answers.xml', pstn, 300)
    const talk = await agent.consult(number)
    t.match(talk.sdp, /a=fingerprint:/)
    t.notMatch(talk.sdp, pstn)
    t.match(await talkOf(world), { by: me, number, trunk: 'pstn', state: 'up' })
    t.match(await world.client.calls.get((await talkOf(world))?.id ?? ''), {
      kind: 'consult-out',
      state: 'answered',
    })
    t.strictSame(await here(world), [`agent agt-${me}`, `client agt-${me}`])
    await t.rejects(agent.consult(number), { message: /answered 486/ })
    t.equal(await talk.hangUp(), 200)
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
    await until('the talk to be over', async () => (await talkOf(world)) === undefined)
  })

  await t.test('then it hands its client over, who is heard by the number without a pause', async t => {
    t.ok((await phone.levels())(1004) < 0.005, 'in the conference the client does not hear itself')
    const answering = await sippAnswer('pstn-reoffered.xml', pstn, 300)
    const talk = await agent.consult(number)
    const headers = [['Refer-To', otherEndOf(talk)]] as const
    t.equal((await leg.ask('REFER', { headers })).status, 202)
    await until('the end of the transfer', () => outcomes(agent).length === 2)
    t.strictSame(outcomes(agent), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'])
    await talk.ended
    t.ok((await phone.levels())(1004) > 0.05, 'the client hears itself from the number')
    await until('the agent to be alone', async () => (await here(world)).length === 1)
    t.match(await world.client.sessions(), [
      { kind: 'agent' },
      { kind: 'transit', onward: { trunk: 'pstn', number } },
    ])
    t.equal(await leg.hangUp(), 200)
    t.ok((await phone.levels())(1004) > 0.05, 'also when the agent is gone')
    t.equal(await client.hangUp(), 200)
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
  })
  await t.test('a client that hangs up on its way there leaves agent and number as they were', t =>
    comesBack(t, world, agent, carrier),
  )
  await until('nobody to be there', async () => (await here(world)).length === 0)
  await agent.stop()
}

/** The number is offered the client's media, and then the agent's again, as one session of rising versions (RFC 3264 §8). */
async function comesBack(
  t: Test,
  world: World,
  agent: SyntheticAgent,
  carrier: SyntheticCarrier,
): Promise<void> {
  const leg = await agent.join()
  const client = await carrier.call(me)
  if (!isUp(client)) throw new Error(`the client leg was refused: ${client.status}`)
  const far = await farEnd(t, pstn, 5060)
  const offers = (): readonly SipRequest[] => far.heard.filter(({ method }) => method === 'INVITE')
  far.answer = () => answerOf(1)
  const talk = await agent.consult(number)
  const before = outcomes(agent).length
  far.answer = () => undefined
  t.equal((await leg.ask('REFER', { headers: [['Refer-To', otherEndOf(talk)]] })).status, 202)
  await until('the number to be offered the client', () => offers().length === 2)
  t.equal(await client.hangUp(), 200)
  far.answer = ({ method }) => (method === 'INVITE' ? answerOf(3) : { status: 200 })
  const asked = far.events.findLast(event => event.kind === 'request')
  if (asked?.kind === 'request') far.engine.respond(asked.transaction, answerOf(2))
  await until('the number to be offered the agent again', () => offers().length === 3)
  await until('the end of the transfer', () => outcomes(agent).length === before + 2)
  t.equal(outcomes(agent).at(-1), 'SIP/2.0 481 Call/Transaction Does Not Exist')
  const origins = offers().map(({ body }) => originIn(body.toString()))
  t.equal(new Set(origins.map(({ session }) => session)).size, 1)
  const versions = origins.map(({ version }) => Number(version))
  t.strictSame(
    versions,
    [...new Set(versions)].toSorted((a, b) => a - b),
  )
  t.equal(versions.length, 3)
  const ports = offers().map(({ body }) => audioTarget(body.toString()).port)
  t.equal(ports[2], ports[0], 'the agent is where it was')
  t.match(await talkOf(world), { state: 'up' })
  t.equal(await talk.hangUp(), 200)
  await until('the number to hear of it', () => far.heard.at(-1)?.method === 'BYE')
  t.equal(await leg.hangUp(), 200)
}

/** What the number answers to an offer. */
function answerOf(version: number): ResponseParts {
  const body = plainOffer(pstn, 9000).replace(/^o=.*/m, `o=- 1 ${version} IN IP4 ${pstn}`)
  return { status: 200, headers: [['Content-Type', 'application/sdp']], body }
}

function originIn(sdp: string): { readonly session?: string; readonly version?: string } {
  return /^o=\S+ (?<session>\d+) (?<version>\d+) /m.exec(sdp)?.groups ?? {}
}

/** Whoever is at the other end of a call of the agent (RFC 3891). */
function otherEndOf({ dialog, toTag }: UpCall): string {
  const [callId = '', fromTag = ''] = dialog.split(';from-tag=')
  const replaces = encodeURIComponent(`${callId};to-tag=${toTag};from-tag=${fromTag}`)
  return `<sip:door@portico.test?Replaces=${replaces}>`
}

/** What the agent was told of its transfer. */
function outcomes({ userAgent }: SyntheticAgent): readonly string[] {
  return userAgent.heard.filter(({ method }) => method === 'NOTIFY').map(({ body }) => body.toString().trim())
}

async function talkOf(world: World) {
  return (await world.client.sessions()).find(({ kind }) => kind === 'consult-out')
}

/** Who is in the agent's conference, by the Asterisks' own lists: the agent first. */
async function here({ lab }: World): Promise<readonly string[]> {
  const channels = await Promise.all(lab.servers.map(({ id }) => lab.channels(id)))
  return channels
    .flat()
    .filter(({ conference }) => conference === `agt-${me}`)
    .map(({ role, conference }) => `${role} ${conference}`)
    .toSorted()
}
