import t, { type Test } from 'tap'
import type { SyntheticAgent } from '../../cli/synthetic/agent.ts'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isUp, plainOffer, type UpCall } from '../../cli/synthetic/user-agent.ts'
import { login } from '../support/ami-legs.ts'
import { openTonePhone, type TonePhone } from '../support/rtp-tone.ts'
import { audioTarget } from '../support/sip-client.ts'
import { startWorld, until, type World, type WorldOptions } from '../support/world.ts'

interface Pair {
  readonly agent: string
  readonly agentPhone: SyntheticAgent
  readonly leg: UpCall
  readonly client: UpCall
  readonly phone: TonePhone
}

/**
 * Agents and their clients go from one real Asterisk to another: because an operator says so, because a server is drained, and because
 * it is killed. Nobody outside hears a word of it.
 */
export async function tellMove(engine: WorldOptions['engine']): Promise<void> {
  const world = await startWorld({
    servers: 2,
    store: 'memory:',
    engine,
    settings: { health: { ejectMs: 2_000 } },
  })
  await world.client.trunks.add({ id: 'acision', addresses: ['127.0.0.2'] })
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  const pairs: Pair[] = []
  t.teardown(async () => {
    if (!t.passing()) for (const line of world.output) t.comment(line)
    for (const { phone } of pairs) phone.close()
    await carrier.stop()
    await world.stop()
  })
  for (let n = 1; n <= 4; n++) pairs.push(await talk(world, carrier, `100${n}`))

  await t.test('an agent hands its client to another one, and has it back', async t => {
    const [pair] = pairs
    if (!pair) throw new Error('there is no pair')
    const colleague = await world.agent('1009')
    const leg = await colleague.join()
    await playTone(world, '1009')
    pair.phone.play(440)
    t.ok((await pair.phone.levels())(1004) < 0.005, 'the client does not hear the other conference')
    const hole = await holeDuring(pair, () => refer(t, pair.agentPhone, pair.leg, '1009@portico.test'))
    t.comment(`hole ${hole} ms`)
    t.ok(hole < 500, `the client hears nothing for ${hole} ms`)
    t.ok((await pair.phone.levels())(1004) > 0.05, 'then it does')
    t.match(
      await placesOf(world, '1009'),
      [/ $/, / agent$/, / client$/],
      'the tone, the colleague, the client',
    )
    t.match(await placesOf(world, '1001'), [/ agent$/], 'the first agent waits again')
    await refer(t, colleague, leg, '1001@portico.test')
    t.ok((await pair.phone.levels())(1004) < 0.005, 'the client is away from the other conference')
    t.match(await placesOf(world, '1001'), [/ agent$/, / client$/])
    t.equal(await leg.hangUp(), 200)
    await colleague.stop()
    await isUnheard(t, world, pairs, carrier)
  })

  await t.test('an agent talks to another one first, and then hands its client over', async t => {
    const [pair] = pairs
    if (!pair) throw new Error('there is no pair')
    const colleague = await world.agent('1008')
    const leg = await colleague.join()
    await playTone(world, '1008')
    const talk = await pair.agentPhone.consult('1008')
    t.ok((await pair.phone.levels())(1004) < 0.005, 'the client hears nothing of it')
    t.match(await placesOf(world, '1008'), [/ $/, / agent$/, / client$/], 'the tone, the two who talk')
    t.match(await placesOf(world, '1001'), [/ agent$/, / client$/], 'who is in the other conference, too')
    const [callId = '', fromTag = ''] = talk.dialog.split(';from-tag=')
    const replaces = encodeURIComponent(`${callId};to-tag=${talk.toTag};from-tag=${fromTag}`)
    await refer(
      t,
      pair.agentPhone,
      pair.leg,
      `door@198.51.100.1;transport=ws?Replaces=${replaces}&Require=replaces`,
    )
    await talk.ended
    t.ok((await pair.phone.levels())(1004) > 0.05, 'then it hears the other conference')
    await until('the talk to be over there', async () => (await placesOf(world, '1008')).length === 3)
    t.match(
      await placesOf(world, '1008'),
      [/ $/, / agent$/, / client$/],
      'the tone, the colleague, the client',
    )
    t.match(await placesOf(world, '1001'), [/ agent$/])
    await refer(t, colleague, leg, '1001@portico.test')
    t.equal(await leg.hangUp(), 200)
    await colleague.stop()
    await isUnheard(t, world, pairs, carrier)
  })

  await t.test('an operator moves an agent with its client', async t => {
    const [pair] = pairs
    if (!pair) throw new Error('there is no pair')
    const from = await serverOf(world, pair.agent)
    const hole = await holeDuring(pair, async () => {
      const moved = await world.client.calls.move({ agent: pair.agent })
      t.not(moved.server, from)
      t.equal(moved.calls.length, 2)
    })
    t.strictSame(await placesOf(world, pair.agent), [
      `${await serverOf(world, pair.agent)} agent`,
      `${await serverOf(world, pair.agent)} client`,
    ])
    t.not(await serverOf(world, pair.agent), from)
    t.ok(hole < 500, `the client hears nothing for ${hole} ms`)
    t.comment(`hole ${hole} ms`)
    await isUnheard(t, world, pairs, carrier)
  })

  await t.test('a drained server is emptied', async t => {
    await world.client.servers.order('ms-1', 'drain')
    for (const { agent } of pairs) {
      if ((await serverOf(world, agent)) === 'ms-1') await world.client.calls.move({ agent })
    }
    await until('ms-1 to let go of its legs', async () => (await world.lab.channels('ms-1')).length === 0)
    t.equal((await world.lab.channels('ms-2')).length, 2 * pairs.length)
    await world.client.servers.order('ms-1', 'activate')
    await isUnheard(t, world, pairs, carrier)
  })

  await t.test(
    'the calls of a server that hangs go on at another one, and it holds none when it comes back',
    async t => {
      await bothTakeAgents(world)
      const pid = world.lab.servers.find(({ id }) => id === 'ms-2')?.pid ?? 0
      process.kill(pid, 'SIGSTOP')
      await allOn(world, pairs, 'ms-1')
      process.kill(pid, 'SIGCONT')
      await until('ms-2 to let go of its legs', async () => (await world.lab.channels('ms-2')).length === 0)
      t.equal((await world.lab.channels('ms-1')).length, 2 * pairs.length)
      await isUnheard(t, world, pairs, carrier)
    },
  )

  await t.test('the calls of a server that is killed go on at another one', async t => {
    await bothTakeAgents(world)
    const holes = pairs.map(pair => holeDuring(pair, () => new Promise(resolve => setTimeout(resolve, 4000))))
    await world.lab.run('kill', 'ms-1')
    await allOn(world, pairs, 'ms-2')
    t.equal((await world.lab.channels('ms-2')).length, 2 * pairs.length)
    const measured = await Promise.all(holes)
    t.comment(`holes ${measured.join(', ')} ms`)
    t.ok(Math.max(...measured) < 1500, `no client hears nothing for longer than ${Math.max(...measured)} ms`)
    await isUnheard(t, world, pairs, carrier)
  })

  await t.test('whoever hangs up afterwards is let go, and nothing is left', async t => {
    for (const { client, leg } of pairs) {
      t.equal(await client.hangUp(), 200)
      t.equal(await leg.hangUp(), 200)
    }
    await until('no channel', async () => (await world.lab.channels('ms-2')).length === 0)
    t.strictSame(await world.client.sessions(), [])
  })
  await t.test('a server that fails its calls, and is emptied', t => gray(t, world))
}

/** One server fails every call though it answers probes and its Manager Interface; then it is emptied. */
async function gray(t: Test, world: World): Promise<void> {
  const agent = await world.agent('2001')
  await (await world.agent('2002')).join()
  const standing = async (): Promise<string | undefined> => {
    const { considered } = await world.client.look({})
    const found = considered.find(({ id }) => id === 'ms-1')
    return found?.excluded ?? found?.state?.health
  }
  /** The agent calls in again and again until it lands where or when that is so. */
  async function callsIn(t: Test, isSo: () => Promise<boolean>): Promise<UpCall> {
    for (let calls = 1; calls <= 40; calls++) {
      const leg = await agent.join()
      if (await isSo()) {
        t.comment(`${calls} calls`)
        return leg
      }
      await leg.hangUp()
      await new Promise(resolve => setTimeout(resolve, 250))
    }
    throw new Error('it was never so')
  }

  await t.test('a server that fails real calls is ejected, and no agent hears of it', async t => {
    await world.lab.run('start', 'ms-1')
    await bothTakeAgents(world)
    // Cause 34 is a 503.
    const command = 'dialplan add extension _agt-.,1,Hangup(34) into from-frontdoor replace'
    t.comment(await world.lab.run('exec', 'ms-1', command))
    const leg = await callsIn(t, async () => (await standing()) === 'ejected')
    t.equal(await serverOf(world, '2001'), 'ms-2')
    await leg.hangUp()
  })

  await t.test('a real call that it takes brings it back, probes alone do not', async t => {
    await world.lab.run('exec', 'ms-1', 'dialplan reload')
    await callsIn(t, async () => (await serverOf(world, '2001')) === 'ms-1')
    await until('it to be trusted', async () => /^(up|warming)$/.test((await standing()) ?? ''))
    t.match(await placesOf(world, '2001'), ['ms-1 agent'])
  })

  await t.test('drained with --move it is left by whoever is in no call', async t => {
    await world.client.servers.order('ms-1', 'drain', true)
    await until('the agent to be elsewhere', async () => (await serverOf(world, '2001')) === 'ms-2')
    await until('ms-1 to let go of its leg', async () => (await world.lab.channels('ms-1')).length === 0)
    t.match(await placesOf(world, '2001'), ['ms-2 agent'])
  })
}

async function bothTakeAgents(world: World): Promise<void> {
  await until('both servers to take agents', async () => {
    const { considered } = await world.client.look({})
    return considered.every(({ excluded }) => !excluded)
  })
}

async function allOn(world: World, pairs: readonly Pair[], server: string): Promise<void> {
  await until(`every call to be on ${server}`, async () => {
    const sessions = await world.client.sessions()
    return sessions.length === 2 * pairs.length && sessions.every(one => one.server === server)
  })
}

/** An agent in its conference, and a client with it that hears the agent's music or silence as packets. */
async function talk(world: World, carrier: SyntheticCarrier, agent: string): Promise<Pair> {
  const agentPhone = await world.agent(agent)
  const leg = await agentPhone.join()
  const phone = await openTonePhone('127.0.0.2')
  const client = await carrier.call(agent, plainOffer('127.0.0.2', phone.port))
  if (!isUp(client)) throw new Error(`the client leg was refused: ${client.status}`)
  const { host, port } = audioTarget(client.sdp)
  phone.play(1004)
  phone.sendTo(host, port)
  return { agent, agentPhone, leg, client, phone }
}

/** An agent wants its client to go to `other`, as the rest of a SIP URI, and hears that it is there. */
async function refer(t: Test, { userAgent }: SyntheticAgent, leg: UpCall, other: string): Promise<void> {
  const before = userAgent.heard.length
  const headers = [['Refer-To', `<sip:${other}>`]] as const
  t.equal((await leg.ask('REFER', { headers })).status, 202)
  const told = (): readonly string[] =>
    userAgent.heard
      .slice(before)
      .filter(({ method }) => method === 'NOTIFY')
      .map(({ body }) => body.toString().trim())
  await until('the end of the transfer', async () => told().length === 2)
  t.strictSame(told(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'])
}

/** Somebody in the conference of an agent plays 1004 Hz, until that agent leaves. */
async function playTone(world: World, agent: string): Promise<void> {
  const place = await serverOf(world, agent)
  const server = world.lab.servers.find(({ id }) => id === place)
  if (!server) throw new Error(`${agent} is nowhere`)
  const [link] = await login(server)
  const tone = { action: 'Originate', channel: 'Local/tone@from-frontdoor/n', async: 'true' }
  await link.action({ ...tone, context: 'client-join', exten: `agt-${agent}`, priority: '1' })
  link.stop()
}

async function serverOf(world: World, agent: string): Promise<string | undefined> {
  return (await world.client.sessions()).find(session => session.agent === agent && session.kind === 'agent')
    ?.server
}

async function placesOf(world: World, agent: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const { id } of world.lab.servers) {
    for (const { conference, role } of await world.lab.channels(id))
      if (conference === `agt-${agent}`) found.push(`${id} ${role}`)
  }
  return found.toSorted()
}

/** The longest time without a packet to the client while `work` runs, in milliseconds, in steps of 20. */
async function holeDuring({ phone }: Pair, work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const watch = setInterval(() => {
    const now = performance.now()
    if (phone.heard().length > 0) last = now
    longest = Math.max(longest, now - last)
  }, 10)
  await work()
  await new Promise(resolve => setTimeout(resolve, 300))
  clearInterval(watch)
  return Math.round(longest)
}

/** No agent and no carrier was told anything. */
async function isUnheard(
  t: Test,
  world: World,
  pairs: readonly Pair[],
  carrier: SyntheticCarrier,
): Promise<void> {
  t.strictSame(carrier.userAgent.heard, [], 'the carrier was asked nothing')
  t.equal((await world.client.sessions()).length, 2 * pairs.length, 'and every call goes on')
}
