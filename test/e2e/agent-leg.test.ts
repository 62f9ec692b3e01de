import t from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, plainOffer, type UpCall } from '../../cli/synthetic/user-agent.ts'
import { inNamespace } from '../support/namespace.ts'
import { startWorld, until, type World } from '../support/world.ts'

/** How an agent comes into its conference, is lost and comes back, while its clients stay: on real Asterisks. */
t.setTimeout(120_000)
if (await inNamespace(import.meta.url)) await suite()

async function suite(): Promise<void> {
  const world = await startWorld({ servers: 2, store: 'memory:', engine: 'embedded' })
  await world.client.trunks.add({ id: 'acision', addresses: ['127.0.0.2'] })
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    await carrier.stop()
    await world.stop()
  })

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
    t.ok(userAgent.heard.some(({ method }) => method === 'BYE'))
    t.strictSame((await world.client.agents.release('1001')).calls, [])
    t.strictSame(await world.client.sessions(), [])
  })
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
