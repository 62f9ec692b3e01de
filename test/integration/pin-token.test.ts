// Without Redis a door knows nothing of agents at other doors. What it is shown of one by the call itself is all that it has.
import t, { type Test } from 'tap'
import { systemClock } from '../../runtime/clock.ts'
import { silentLog as log } from '../../runtime/log.ts'
import { ha1Of } from '../../selector/credentials.ts'
import { createPinTokens } from '../../selector/pin-tokens.ts'
import type { Pin, Store } from '../../selector/store/store.ts'
import { createRedisStore } from '../../selector/store/redis/store.ts'
import { udpPeer } from '../support/attack/peers.ts'
import { requestText, unique } from '../support/attack/text.ts'
import { load, mediaServer } from '../support/fleet.ts'
import { answerSdp, openMediaServer, type FakeMediaServer } from '../support/media-server.ts'
import { domain, openDoor, password, type OpenDoor } from '../support/open-door.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { headerOf, methodOf, statusOf } from '../support/sip-text.ts'

const clock = systemClock
const policy = { utilisation: 'expected', rho: 0.7 } as const
const settings = { fleet: { pinSecret: 'of-all-doors-of-the-fleet-and-nobody-else' } }
const agents = ['1001', '1002']

interface Scene {
  /** Has no agents of its own. */
  readonly door: OpenDoor
  readonly servers: ReadonlyMap<string, FakeMediaServer>
  readonly pins: ReadonlyMap<string, Pin>
}

/** Two agents at one door, on two media servers; another door; and then Redis is gone. */
async function withoutRedis(t: Test): Promise<Scene> {
  const redis = await startRedis()
  const [near, far] = [await storeOn(t, redis), await storeOn(t, redis)]
  const servers = new Map<string, FakeMediaServer>()
  for (const [id, host] of [
    ['ms-1', '127.0.1.1'],
    ['ms-2', '127.0.1.2'],
  ] as const) {
    const server = await openMediaServer(t, host)
    servers.set(id, server)
    await near.servers.put(mediaServer(id, { sip: server.sip }))
    await near.ledger.putLoad(id, load({ takenAt: clock.wall() }))
    await near.ledger.putHealth(id, 'up')
  }
  for (const id of agents) await near.agents.put({ id, name: id, ha1: ha1Of(id, domain, password) })
  await near.trunks.put({ id: 'acision', addresses: ['127.0.2.0/24'], enabled: true })
  const home = await openDoor(t, { store: near, settings })
  const door = await openDoor(t, { store: far, settings })
  const pins = new Map<string, Pin>()
  for (const id of agents) {
    await (await home.agent(id)).join()
    const pin = await pinOf(far, id)
    pins.set(id, pin)
  }
  await redis.kill()
  return { door, servers, pins }
}

async function storeOn(t: Test, redis: TestRedis): Promise<Store> {
  const store = createRedisStore({ url: redis.url, fleet: 'main', policy, clock, log })
  await store.start()
  t.teardown(async () => {
    await store.stop()
    await redis.stop()
  })
  return store
}

async function pinOf({ pins }: Store, agent: string): Promise<Pin> {
  for (;;) {
    const pin = await pins.get(agent)
    if (pin) return pin
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** A carrier's call to an agent, with a token or none: the final status, and which media servers got it. */
async function calls(
  t: Test,
  { door, servers }: Scene,
  agent: string,
  token?: string,
): Promise<readonly [status: number, ...landed: string[]]> {
  const carrier = await udpPeer(t, '127.0.2.5')
  const [callId, fromTag] = [unique(), unique()]
  const via = `SIP/2.0/UDP 127.0.2.5:${carrier.port}`
  const uri = `sip:${agent}@door${token === undefined ? '' : `;portico-pin=${token}`}`
  const headers = [['Content-Type', 'application/sdp']] as const
  for (const { requests } of servers.values()) requests.length = 0
  const invite = requestText('INVITE', { callId, fromTag, via, uri, headers, body: answerSdp('127.0.2.5') })
  carrier.send(invite, door.port('trunk'))
  const answer = await carrier.answer(callId)
  if (statusOf(answer) < 300) {
    const toTag = /;tag=([^;]+)/.exec(headerOf(answer, 'to'))?.[1] ?? ''
    const target = /<([^>]*)>/.exec(headerOf(answer, 'contact'))?.[1] ?? ''
    carrier.send(requestText('ACK', { callId, fromTag, toTag, via, uri: target }), door.port('trunk'))
  }
  const landed = [...servers].filter(([, { requests }]) => requests.some(one => methodOf(one) === 'INVITE'))
  return [statusOf(answer), ...landed.map(([id]) => id)]
}

t.test('without Redis a client finds its agent by the token that it shows, and by nothing else', async t => {
  const scene = await withoutRedis(t)
  const [anna, ben] = agents.map(id => scene.pins.get(id))
  if (!anna || !ben) throw new Error('an agent is nowhere')
  t.not(anna.server, ben.server, 'the agents are on different servers')
  const tokens = { secret: settings.fleet.pinSecret, fleet: scene.door.config.fleet.name, clock }
  const { give } = createPinTokens(tokens)

  for (const pin of [anna, ben]) {
    t.strictSame(await calls(t, scene, pin.agent, give(pin)), [200, pin.server])
    t.strictSame(await calls(t, scene, pin.agent), [480], 'without a token nobody knows where')
  }
  const forged = createPinTokens({ ...tokens, secret: 'of-somebody-else-who-guesses-a-lot' }).give(anna)
  t.strictSame(await calls(t, scene, anna.agent, forged), [480], 'made with another secret')
  const late = createPinTokens({ ...tokens, clock: { wall: () => clock.wall() - 600_000 } })
  t.strictSame(await calls(t, scene, anna.agent, late.give(anna)), [480], 'ten minutes old')
  t.strictSame(await calls(t, scene, ben.agent, give(anna)), [480], "another agent's")
  const gone = { ...anna, server: 'ms-9' }
  t.strictSame(await calls(t, scene, anna.agent, give(gone)), [480], 'to a server that is none')
})
