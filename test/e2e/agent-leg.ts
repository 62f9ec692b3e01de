import type { Test } from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, plainOffer, type UpCall } from '../../cli/synthetic/user-agent.ts'
import { until, type World } from '../support/world.ts'

/** How an agent comes into its conference, is lost and comes back, while its clients stay: on real Asterisks. Nobody is left behind. */
export async function tellAgentLeg(t: Test, world: World): Promise<void> {
  await world.client.trunks.add({ id: 'acision', addresses: ['127.0.0.2'] })
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  t.teardown(() => carrier.stop())

  await t.test('the API pulls an agent in, clients come and go, and the API lets it go', async t => {
    const { userAgent } = await world.agent('1001')
    const leg = await world.client.agents.nailUp('1001')
    t.match(leg, { agent: '1001', state: 'up' })
    t.match(userAgent.heard, [{ method: 'INVITE' }])
    await until('the agent to wait', async () => (await places(world, '1001')).length === 1)
    t.strictSame(await places(world, '1001'), [`${leg.server} agent ${leg.id}`])
    t.equal((await world.client.agents.nailUp('1001')).id, leg.id, 'asked again it is the same leg')
    for (let client = 1; client <= 2; client++) {
      const call = await callAgent(carrier, '1001')
      await until('both in the conference', async () => (await places(world, '1001')).length === 2)
      t.equal(await call.hangUp(), 200)
      await until('the agent alone', async () => (await places(world, '1001')).length === 1)
    }
    t.strictSame(await places(world, '1001'), [`${leg.server} agent ${leg.id}`], 'the agent stays')
    t.strictSame((await world.client.agents.release('1001')).calls, [leg.id])
    await until('nobody there', async () => (await places(world, '1001')).length === 0)
    await until('the agent to be told', () => userAgent.heard.some(({ method }) => method === 'BYE'))
    t.strictSame((await world.client.agents.release('1001')).calls, [])
    t.strictSame(await world.client.sessions(), [])
  })

  await t.test(
    'a client whose agent is lost hears music, and finds the agent again when it is back',
    async t => {
      const agent = await world.agent('1002')
      await agent.join()
      const client = await callAgent(carrier, '1002')
      await until('both in the conference', async () => (await places(world, '1002')).length === 2)
      const [before = ''] = await places(world, '1002')
      await agent.stop()
      await until('nobody in the conference', async () => (await places(world, '1002')).length === 0)
      t.match(await world.client.sessions(), [{ kind: 'client', agent: '1002' }], 'the client goes on')
      await t.rejects(world.client.agents.dial('1002', { number: '+4930' }), { code: 'E_CONFLICT' })
      const back = await world.signedIn('1002')
      await back.join()
      await until('both again', async () => (await places(world, '1002')).length === 2)
      const [after = ''] = await places(world, '1002')
      t.equal(after.split(' ')[0], before.split(' ')[0], 'on the same media server')
      await back.stop()
      await until('nobody in the conference', async () => (await places(world, '1002')).length === 0)
      const nailed = await world.signedIn('1002')
      const leg = await world.client.agents.nailUp('1002')
      await until('both once more', async () => (await places(world, '1002')).length === 2)
      t.equal(leg.server, before.split(' ')[0])
      t.equal(await client.hangUp(), 200)
      await until('the agent alone', async () => (await places(world, '1002')).length === 1)
      await world.client.agents.release('1002')
      await nailed.stop()
    },
  )

  await t.test('clients go with an agent that leaves, and when one that was lost stays away', async t => {
    const agent = await world.agent('1003')
    const leg = await agent.join()
    const first = await callAgent(carrier, '1003')
    t.equal(await leg.hangUp(), 200)
    const left = await timeOf(first.ended)
    t.ok(left < 2_000, `the client went after ${left} ms`)
    await agent.join()
    const second = await callAgent(carrier, '1003')
    await agent.stop()
    await until('the client to be let go', async () => (await world.client.sessions()).length === 0, 8_000)
    await second.ended
    await until('its record', async () => verdicts(world).has('agent-lost'))
    t.ok(verdicts(world).has('flow-lost'), 'the record of the agent says why')
    for (const { id } of world.lab.servers) t.strictSame(await world.lab.channels(id), [])
  })
}

/** How long it takes, in milliseconds. */
async function timeOf(work: Promise<void>): Promise<number> {
  const began = performance.now()
  await work
  return Math.round(performance.now() - began)
}

/** How calls ended, by the door's own log. */
function verdicts({ output }: World): ReadonlySet<string> {
  return new Set(output.flatMap(line => /"verdict":"([a-z-]+)"/.exec(line)?.[1] ?? []))
}

/** A client that the agent talks to. */
async function callAgent(carrier: SyntheticCarrier, agent: string): Promise<UpCall> {
  const call = await carrier.call(agent, plainOffer('127.0.0.2', 40_000))
  if (!isUp(call)) throw new Error(`the client leg was refused: ${call.status}`)
  return call
}

/** Who is in the conference of an agent, and where, by the Asterisks' own lists: the agent first. */
async function places(world: World, agent: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const { id } of world.lab.servers) {
    for (const { conference, role, call } of await world.lab.channels(id))
      if (conference === `agt-${agent}`) found.push(`${id} ${role} ${call}`)
  }
  return found.toSorted((a, b) => a.localeCompare(b))
}
