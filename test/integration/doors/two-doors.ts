import t, { type Test } from 'tap'
import type { SyntheticAgent } from '../../../cli/synthetic/agent.ts'
import { SyntheticCarrier } from '../../../cli/synthetic/carrier.ts'
import { isUp, type UpCall } from '../../../cli/synthetic/user-agent.ts'
import { atFirst, atSecond, startWorld, until, type World, type WorldOptions } from '../../support/world.ts'

const domain = 'portico.test'

/** Two doors in processes of their own on one Redis, whose agents are connected now to the one and now to the other. */
export async function tellTwoDoors(engine: WorldOptions['engine']): Promise<void> {
  const world = await startWorld({
    servers: 1,
    store: 'redis',
    engine,
    // What the leak scanner would be shown knows one door.
    settings: { capture: {}, trunks: { probeMs: 0 }, agents: { domain, flowGraceMs: 3_000 } },
  })
  await world.client.trunks.add({ id: 'carrier', addresses: ['127.0.0.2'] })
  const other = await world.secondDoor()
  const [first, carrier] = [5060, 5061].map(
    port => new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port } }),
  )
  if (!first || !carrier) throw new Error('there is no carrier')
  for (const each of [first, carrier]) await each.start()
  t.teardown(async () => {
    if (!t.passing()) for (const line of [...world.output, ...other.output]) t.comment(line)
    for (const each of [first, carrier]) await each.stop()
    await world.stop()
  })

  await t.test(
    'an agent talks to another one through the door that it has come to, and hands its client over',
    t => talkElsewhere(t, world, carrier),
  )

  await t.test('the door that agents are connected to is killed, and their calls at the other one go on', t =>
    killed(t, world, first, () => process.kill(other.pid, 'SIGKILL')),
  )
}

async function talkElsewhere(t: Test, world: World, carrier: SyntheticCarrier): Promise<void> {
  const [one, two] = [await world.agent('one'), await world.agent('two')]
  const legs = [await one.join(), await two.join()] as const
  const client = await carrier.call('one')
  if (!isUp(client)) throw new Error(`the client was answered ${client.status}`)
  await one.reconnect(atSecond)
  t.equal(await one.register(), 200)
  const talk = await one.consult('two')
  const placesOf = async (kind: string): Promise<readonly string[]> =>
    (await world.client.sessions())
      .filter(session => session.kind === kind)
      .map(({ agent, by, door }) => `${by ?? ''}>${agent} ${door}`)
  const [home = ''] = (await placesOf('agent')).map(place => place.split(' ')[1])
  const [talks = ''] = await placesOf('consult')
  t.match(talks, /^one>two /)
  t.notMatch(talks, home, 'the talk is at the other door')

  t.equal(
    await refer(one, legs[0], 'nobody@nowhere;to-tag=a;from-tag=b'),
    'SIP/2.0 481 Call/Transaction Does Not Exist',
  )
  t.match(await placesOf('client'), [/^>one /])
  const [callId = '', fromTag = ''] = talk.dialog.split(';from-tag=')
  t.equal(await refer(one, legs[0], `${callId};to-tag=${talk.toTag};from-tag=${fromTag}`), 'SIP/2.0 200 OK')
  await talk.ended
  t.match(await placesOf('client'), [/^>two /])
  await until('the talk to be over', async () => (await placesOf('consult')).length === 0)
  await until('the client to be in the other conference, and the first agent to be alone', async () => {
    const there = (await world.lab.channels('ms-1')).map(({ conference, role }) => `${conference} ${role}`)
    return there.toSorted().join() === 'agt-one agent,agt-two agent,agt-two client'
  })
  for (const call of [client, ...legs]) t.equal(await call.hangUp(), 200)
  for (const phone of [one, two]) await phone.stop()
}

async function killed(t: Test, world: World, carrier: SyntheticCarrier, kill: () => void): Promise<void> {
  const [back, lost] = [await world.agent('three'), await world.agent('four')]
  const leg = await back.join()
  await lost.join()
  const client = await carrier.call('three')
  if (!isUp(client)) throw new Error(`the client was answered ${client.status}`)
  for (const phone of [back, lost]) {
    await phone.reconnect(atSecond)
    t.equal(await phone.register(), 200)
  }
  const ended = async (): Promise<readonly string[]> =>
    (await world.client.records.list({})).flatMap(({ kind, agent, verdict }) =>
      kind === 'agent' && (agent === 'three' || agent === 'four') ? [`${agent} ${verdict}`] : [],
    )
  // Longer than the grace: both calls have been followed to where their agents are.
  await new Promise(resolve => setTimeout(resolve, 4_000))
  t.strictSame(await ended(), [])
  kill()
  await back.reconnect(atFirst)
  t.equal(await back.register(), 200)
  await until(
    'the agent to be let go that does not come back',
    async () => (await ended()).length > 0,
    30_000,
  )
  // Had the door not followed the other one, its grace would have begun with that of the first.
  await new Promise(resolve => setTimeout(resolve, 1_000))
  t.strictSame(await ended(), ['four flow-lost'])
  const sessions = await world.client.sessions()
  t.strictSame(sessions.map(({ kind, agent }) => `${kind} ${agent}`).toSorted(), [
    'agent three',
    'client three',
  ])
  const before = back.userAgent.heard.length
  t.equal(await client.hangUp(), 200)
  await until('the agent to hear that its client left', () => back.userAgent.heard.length > before)
  t.equal(back.userAgent.heard.at(-1)?.method, 'MESSAGE')
  t.equal((await leg.ask('OPTIONS')).status, 200)
  t.equal(await leg.hangUp(), 200)
  await until('nobody to be left', async () => (await world.lab.channels('ms-1')).length === 0)
  for (const phone of [back, lost]) await phone.stop()
}

/** The agent wants its client to take the place of that dialog; resolves to how it ended, as it is told. */
async function refer(
  { userAgent }: SyntheticAgent,
  leg: UpCall,
  replaces: string,
): Promise<string | undefined> {
  const before = userAgent.heard.length
  const uri = `sip:door@198.51.100.1;transport=ws?Replaces=${encodeURIComponent(replaces)}&Require=replaces`
  const { status } = await leg.ask('REFER', { headers: [['Refer-To', `<${uri}>`]] })
  if (status !== 202) throw new Error(`REFER was answered ${status}`)
  const told = (): readonly string[] =>
    userAgent.heard
      .slice(before)
      .filter(({ method }) => method === 'NOTIFY')
      .map(({ body }) => body.toString().trim())
  await until('the end of the transfer', () => told().length === 2)
  return told()[1]
}
