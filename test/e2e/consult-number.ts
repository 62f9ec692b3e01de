import type { Test } from 'tap'
import type { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, plainOffer } from '../../cli/synthetic/user-agent.ts'
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
    const [callId = '', fromTag = ''] = talk.dialog.split(';from-tag=')
    const dialog = encodeURIComponent(`${callId};to-tag=${talk.toTag};from-tag=${fromTag}`)
    const headers = [['Refer-To', `<sip:door@portico.test?Replaces=${dialog}>`]] as const
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
  await until('nobody to be there', async () => (await here(world)).length === 0)
  await agent.stop()
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
