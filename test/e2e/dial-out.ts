import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import type { Test } from 'tap'
import { z } from 'zod'
import type { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { signIn } from '../../cli/synthetic/selftest.ts'
import { isUp, plainOffer } from '../../cli/synthetic/user-agent.ts'
import { ownDialOutput, type OwnDialInput } from '../../selector/contract/dial.ts'
import { openTonePhone } from '../support/rtp-tone.ts'
import { audioTarget } from '../support/sip-client.ts'
import { sippAnswer } from '../support/sipp.ts'
import { until, type World } from '../support/world.ts'

const dialled = z.object({ call: z.string(), state: z.string(), cause: z.number().optional() })
/** Where SIPp stands for the telephone network. */
const pstn = '127.0.0.4'
const me = '1009'
const number = '+4930123456'

/** Numbers are dialled for an agent on a real Asterisk, through the door, and SIPp answers them. */
export async function tellDialOut(t: Test, world: World): Promise<void> {
  const peer = { host: pstn, port: 5060, transport: 'udp', priority: 1, weight: 1 } as const
  await world.client.trunks.add({ id: 'pstn', addresses: [pstn], peers: [peer] })
  await world.client.routes.add({ id: 'out', direction: 'out', to: [{ kind: 'trunk', trunk: 'pstn' }] })
  const agent = await world.agent(me)
  let leg = await agent.join()
  await until('the agent to wait', async () => (await places(world)).length === 1)
  await t.test('a number that answers meets the agent, and the operator hangs up', async t => {
    const answering = await sippAnswer('pstn-answers.xml', pstn, 300)
    const ordered = await world.client.agents.dial(me, { number, reference: 'ticket-1' })
    t.equal((await world.client.agents.dial(me, { number, reference: 'ticket-1' })).id, ordered.id)
    await until('both in the conference', async () => (await places(world)).length === 2)
    t.strictSame(await places(world), [`agent agt-${me}`, `client agt-${me} ${ordered.id}`])
    await until('the API to say so', async () => (await stateOf(world, ordered)) === 'answered')
    await t.rejects(world.client.agents.dial(me, { number }), { message: /agent has 1 calls/ })
    await world.client.calls.hangUp(ordered.id)
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
    await until('the agent alone', async () => (await places(world)).length === 1)
    await until('its end to be told', async () => told(agent, ordered.id).length === 4)
    t.strictSame(told(agent, ordered.id), ['dialling', 'ringing', 'answered', 'ended 16'])
  })

  await t.test('the agent dials from its page, the other side hangs up, and the agent stays', async t => {
    const answering = await sippAnswer('pstn-hangs-up.xml', pstn, 1000)
    const ordered = ownDialOutput.parse(await dialFromPage(world, { number, reference: 'page-1' }))
    await until('both in the conference', async () => (await places(world)).length === 2)
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
    await until('the agent alone', async () => (await places(world)).length === 1)
    await until('the API to say so', async () => (await stateOf(world, ordered)) === 'ended')
  })

  await t.test('the agent enters again, its older leg ends, and its client stays', async t => {
    const answering = await sippAnswer('pstn-answers.xml', pstn, 300)
    const ordered = await world.client.agents.dial(me, { number })
    await until('both in the conference', async () => (await places(world)).length === 2)
    const before = await legOf(world)
    leg = await agent.join()
    await until('the older leg to end', async () => (await world.client.sessions()).length === 2)
    t.not(await legOf(world), before)
    await until('one agent', async () => (await places(world)).length === 2)
    t.strictSame(await places(world), [`agent agt-${me}`, `client agt-${me} ${ordered.id}`])
    // A record is written when the media is measured, a moment after the session has gone.
    await until('its record', () =>
      world.client.records.get(before ?? '').then(
        ({ verdict }) => verdict === 'replaced',
        () => false,
      ),
    )
    const bye = agent.userAgent.heard.find(({ method }) => method === 'BYE')
    t.match(bye?.headers.get('Reason'), /text="you entered your conference elsewhere"/)
    await world.client.calls.hangUp(ordered.id)
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
    await until('the agent alone', async () => (await places(world)).length === 1)
  })

  await t.test('a busy number is told with its cause, to the API and to the page', async t => {
    const answering = await sippAnswer('pstn-busy.xml', pstn)
    const ordered = await world.client.agents.dial(me, { number })
    await until('its end', async () => (await stateOf(world, ordered)) === 'failed')
    t.match(await world.client.calls.get(ordered.id), { cause: { q850: 17, sip: 486, text: 'busy' } })
    await until('the page to be told', async () => told(agent, ordered.id).includes('failed 17'))
    const { code, output } = await answering.ended
    t.equal(code, 0, output.slice(-2000))
    t.equal((await places(world)).length, 1, 'the agent stays')
  })

  await t.test('an agent hands its client to a number, the two hear each other, and the agent is free', t =>
    handToNumber(t, world),
  )

  await t.test('what may not be dialled reaches nobody', async t => {
    await t.rejects(world.client.agents.dial(me, { number: '+1900555' }), {
      message: /may dial \(\+49\)/,
    })
    await t.rejects(world.client.agents.dial(me, { number: '1&PJSIP/x' }), { message: /^number must be/ })
    t.equal(await leg.hangUp(), 200)
    await until('nobody to wait', async () => (await places(world)).length === 0)
    await t.rejects(world.client.agents.dial(me, { number }), { code: 'E_CONFLICT' })
  })
}

/** The number says back what it hears, so that the client hears its own tone when the media of both is one. */
async function handToNumber(t: Test, world: World): Promise<void> {
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  const phone = await openTonePhone('127.0.0.2')
  t.teardown(() => phone.close())
  t.teardown(() => carrier.stop())
  const agent = await world.agent('1010')
  const leg = await agent.join()
  const client = await carrier.call('1010', plainOffer('127.0.0.2', phone.port))
  if (!isUp(client)) throw new Error(`the client leg was refused: ${client.status}`)
  const { host, port } = audioTarget(client.sdp)
  phone.play(1004)
  phone.sendTo(host, port)
  const before = (await places(world)).length
  t.ok((await phone.levels())(1004) < 0.005, 'in the conference the client does not hear itself')
  const answering = await sippAnswer('pstn-answers.xml', pstn, 300)
  const headers = [['Refer-To', `<tel:${number}>`]] as const
  t.equal((await leg.ask('REFER', { headers })).status, 202)
  const outcome = (): string | undefined =>
    agent.userAgent.heard
      .findLast(({ method }) => method === 'NOTIFY')
      ?.body.toString()
      .trim()
  await until('the end of the transfer', () => outcome() !== 'SIP/2.0 100 Trying' && outcome() !== undefined)
  t.equal(outcome(), 'SIP/2.0 200 OK')
  await until('the client away from the conference', async () => (await places(world)).length === before - 1)
  t.ok((await phone.levels())(1004) > 0.05, 'the client hears itself from the number')
  t.equal(await leg.hangUp(), 200)
  t.ok((await phone.levels())(1004) > 0.05, 'also when the agent is gone')
  t.equal(await client.hangUp(), 200)
  const { code, output } = await answering.ended
  t.equal(code, 0, output.slice(-2000))
  await agent.stop()
}

/** Who is in a conference, by the Asterisks' own lists: the agent first. */
async function places({ lab }: World): Promise<readonly string[]> {
  const channels = await Promise.all(lab.servers.map(({ id }) => lab.channels(id)))
  return channels
    .flat()
    .map(({ role, conference, call }) => `${role} ${conference}${role === 'client' ? ` ${call}` : ''}`)
    .toSorted()
}

/** What the page of the agent does when a number is dialled there. */
async function dialFromPage({ origin, ca, password }: World, input: OwnDialInput): Promise<unknown> {
  const grant = await signIn(origin, ca, { agent: me, password })
  const post = request(`${origin}/api/session/calls`, {
    method: 'POST',
    ca,
    auth: `${grant.authorizationUser}:${grant.password}`,
    headers: { 'Content-Type': 'application/json' },
  })
  post.end(JSON.stringify(input))
  const [response] = z.tuple([z.instanceof(IncomingMessage)]).parse(await once(post, 'response'))
  return json(response)
}

async function legOf(world: World): Promise<string | undefined> {
  return (await world.client.sessions()).find(({ kind }) => kind === 'agent')?.id
}

async function stateOf(world: World, { id }: { readonly id: string }): Promise<string> {
  return (await world.client.calls.get(id)).state
}

/** What the agent's page was told of a call, inside the dialog of the agent's own leg. */
function told({ userAgent }: SyntheticAgent, call: string): readonly string[] {
  return userAgent.heard
    .filter(({ headers }) => headers.get('Content-Type') === 'application/x-portico-dial+json')
    .map(({ body }) => dialled.parse(JSON.parse(body.toString())))
    .filter(event => event.call === call)
    .map(({ state, cause }) => (cause === undefined ? state : `${state} ${cause}`))
}
