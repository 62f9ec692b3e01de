import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { SyntheticCarrier } from '../../cli/synthetic/carrier.ts'
import { isThere, longestHole, missingPackets } from '../../scripts/bench/media/holes.ts'
import { bringUpOne, openWorld, received, type Pair } from '../../scripts/bench/media/pairs.ts'
import type { LabServer } from '../support/lab.ts'
import { sippAnswer } from '../support/sipp.ts'
import { atFirst, atSecond, until, type World, type WorldOptions } from '../support/world.ts'

/** Where SIPp stands for the telephone network. */
const pstn = '127.0.0.4'

/** Two doors in processes of their own on one Redis, two real Asterisks and one rtpengine: a call centre is one, whichever door is used. */
export async function tellDoors(engine: WorldOptions['engine']): Promise<void> {
  const world = await openWorld(2, 'redis', engine)
  const other = await world.secondDoor()
  const carrier = new SyntheticCarrier({ address: '127.0.0.2', door: { host: '127.0.0.1', port: 5061 } })
  await carrier.start()
  t.teardown(async () => {
    if (!t.passing()) for (const line of [...world.output, ...other.output]) t.comment(line)
    await carrier.stop()
    await world.stop()
  })
  const pair = await bringUpOne(world, carrier, 'one')
  t.teardown(async () => {
    for (const { phone } of pair.ends) phone.close()
    await pair.phone.stop()
  })

  await t.test('a client comes in through another door than its agent', async t => {
    await hearsEachOther(pair)
    const sessions = await world.client.sessions()
    t.equal(new Set(sessions.map(({ door }) => door)).size, 2)
    t.equal(new Set(sessions.map(({ server }) => server)).size, 1)
  })

  await t.test(
    'an agent whose computer stood still for half a second is heard as well as before',
    async t => {
      const [agent, client] = pair.ends
      agent.phone.pace(n => ({ sent: 500 + n * 20, stamped: n * 20 }))
      await pause(1_000)
      // The adaptive buffer of Asterisk dropped half of it for ten seconds.
      const ms = await until(
        'most of it to be heard',
        async () => (await client.phone.levels())(client.hears) > 0.3,
        5_000,
      )
      t.comment(`heard again within ${Math.round(ms + 1_000)} ms`)
    },
  )

  await t.test('an operator moves an agent, and its client at the other door comes after it', async t => {
    const [from] = (await world.client.sessions()).map(({ server }) => server)
    const { hole } = await soundDuring(pair, async () => {
      const moved = await world.client.calls.move({ agent: 'one' })
      t.not(moved.server, from)
      t.equal(moved.calls.length, 2, 'the answer names both')
    })
    t.comment(`hole ${hole} ms`)
    t.ok(hole < 2_000, `nobody hears nothing for ${hole} ms`)
    await hearsEachOther(pair)
    const places = (await world.client.sessions()).map(({ server }) => server)
    t.equal(new Set(places).size, 1)
    t.not(places[0], from)
    t.strictSame(carrier.userAgent.heard, [], 'its carrier was asked nothing')
  })

  await t.test('an agent whose connection is cut and made anew to the other door keeps its call', async t => {
    const { hole, missing } = await soundDuring(pair, async () => {
      await pair.phone.reconnect(atSecond)
      t.equal(await pair.phone.register(), 200)
      const sdp = { headers: [['Content-Type', 'application/sdp']], body: pair.offer } as const
      t.equal((await pair.leg.ask('INVITE', sdp)).status, 200, 'and may offer anew')
      t.equal((await pair.leg.ask('OPTIONS')).status, 200, 'and is heard in it')
    })
    t.strictSame(missing, [0, 0], 'each gets every packet of one stream')
    // Whoever plays the tones has to wait for a processor as well.
    t.ok(hole < 1_000, `nobody hears nothing for ${hole} ms`)
    t.comment(`hole ${hole} ms`)
  })

  await t.test('what its conference tells reaches the agent there', async t => {
    const before = pair.phone.userAgent.heard.length
    t.equal(await pair.client.hangUp(), 200)
    await until('the agent to hear that its client left', () => pair.phone.userAgent.heard.length > before)
    t.equal(pair.phone.userAgent.heard.at(-1)?.method, 'MESSAGE')
  })

  await t.test('a phone that speaks in its call first, and registers never, proves itself', async t => {
    await pair.phone.reconnect(atFirst)
    t.equal((await pair.leg.ask('OPTIONS')).status, 200)
    await pair.phone.reconnect(atSecond)
    t.equal((await pair.leg.ask('OPTIONS')).status, 200)
    t.equal(await pair.leg.hangUp(), 200)
    await until('no leg', async () => (await legs(world)) === 0)
  })

  await t.test('an agent at one door is rung by its conference through the other', async t => {
    t.equal(await pair.phone.register(), 200)
    const [server] = world.lab.servers
    if (server) await ring(server, 'one')
    await until('the agent to be in its conference', async () => (await legs(world)) === 1)
    const sessions = await world.client.sessions()
    t.match(sessions, [{ kind: 'ring-agent', agent: 'one', state: 'up' }])
  })

  await t.test('an agent connects its client at the other door to a number', t =>
    handToNumber(t, world, carrier),
  )
}

/** The number says back what it hears, so that the client hears its own tone when the media of both is one. */
async function handToNumber(t: Test, world: World, carrier: SyntheticCarrier): Promise<void> {
  const peer = { host: pstn, port: 5060, transport: 'udp', priority: 1, weight: 1 } as const
  await world.client.trunks.add({ id: 'pstn', addresses: [pstn], peers: [peer] })
  await world.client.routes.add({ id: 'out', direction: 'out', to: [{ kind: 'trunk', trunk: 'pstn' }] })
  const pair = await bringUpOne(world, carrier, 'two')
  const doors = (await world.client.sessions()).filter(({ agent }) => agent === 'two').map(({ door }) => door)
  t.equal(new Set(doors).size, 2)
  const answering = await sippAnswer('pstn-answers.xml', pstn, 300)
  const headers = [['Refer-To', '<tel:+4930123456>']] as const
  t.equal((await pair.leg.ask('REFER', { headers })).status, 202)
  const notified = (): readonly string[] =>
    pair.phone.userAgent.heard
      .filter(({ method }) => method === 'NOTIFY')
      .map(({ body }) => body.toString().trim())
  await until('the end of the transfer', () => notified().length === 2)
  t.strictSame(notified(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'])
  const [, client] = pair.ends
  t.ok((await client.phone.levels())(1004) > 0.05, 'the client hears itself from the number')
  t.equal(await pair.leg.hangUp(), 200)
  t.equal(await pair.client.hangUp(), 200)
  const { code, output } = await answering.ended
  t.equal(code, 0, output.slice(-2000))
  await pair.phone.stop()
  for (const { phone } of pair.ends) phone.close()
}

async function legs(world: World): Promise<number> {
  const lists = await Promise.all(world.lab.servers.map(({ id }) => world.lab.channels(id)))
  return lists.flat().length
}

async function hearsEachOther(pair: Pair): Promise<void> {
  await until('agent and client to hear each other', async () => {
    await pause(500)
    const since = performance.now() - 400
    return [...received([pair])].every(([end, arrivals]) => isThere(arrivals, end.hears, since))
  })
}

interface Sound {
  /** The longest hole of both ends, in milliseconds. */
  readonly hole: number
  /** How many packets each end missed. */
  readonly missing: readonly number[]
}

/** What both ends hear while `work` runs. */
async function soundDuring(pair: Pair, work: () => Promise<void>): Promise<Sound> {
  received([pair])
  await pause(100)
  const from = performance.now()
  await work()
  await pause(300)
  const now = performance.now()
  const heard = [...received([pair])]
  const holes = heard.map(([end, arrivals]) => longestHole(arrivals, end.hears, from, now))
  return {
    hole: Math.round(Math.max(...holes)),
    missing: heard.map(([, arrivals]) => missingPackets(arrivals)),
  }
}

/** Has a media server call an agent into its conference, as nail-up does. */
async function ring({ ami }: LabServer, agent: string): Promise<void> {
  const socket = connect(ami.port, ami.host)
  const say = (...lines: readonly string[]): boolean => socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  say('Action: Login', `Username: ${ami.username}`, `Secret: ${ami.secret}`, 'Events: off')
  say(
    'Action: Originate',
    `Channel: PJSIP/frontdoor/sip:agt-${agent}@portico.test`,
    'Context: from-frontdoor',
    `Exten: agt-${agent}`,
    'Priority: 1',
    'Async: true',
  )
  await pause(500)
  socket.destroy()
}
