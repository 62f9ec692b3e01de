import { setTimeout as pause } from 'node:timers/promises'
import { SyntheticCarrier } from '../../../cli/synthetic/carrier.ts'
import type { SyntheticAgent } from '../../../cli/synthetic/agent.ts'
import { browserOffer, isUp, type UpCall } from '../../../cli/synthetic/user-agent.ts'
import { PorticoError } from '../../../runtime/errors.ts'
import { openTonePhone, type Arrival, type TonePhone } from '../../../test/support/rtp-tone.ts'
import { audioTarget, pcmaOffer } from '../../../test/support/sip-client.ts'
import { startWorld, until, type World, type WorldOptions } from '../../../test/support/world.ts'
import { isThere } from './holes.ts'
import { openNgRelay } from './ng-relay.ts'

/** An agent (440 Hz) and its client (1004 Hz), who hear each other through a conference of a real Asterisk. */
export interface Pair {
  readonly agent: string
  /** The agent's phone, and its leg. */
  readonly phone: SyntheticAgent
  readonly leg: UpCall
  /** What it offered. */
  readonly offer: string
  readonly client: UpCall
  readonly ends: readonly [PairEnd, PairEnd]
}

/** One of the two, and the tone that it is to hear. */
export interface PairEnd {
  readonly phone: TonePhone
  readonly hears: number
  /** Whether its leg was ended by the other side. */
  readonly isOver: () => boolean
}

/** A call centre with a door whose agents speak plain RTP to rtpengine, in the network namespace of this process. */
export async function openWorld(
  servers: number,
  store: WorldOptions['store'] = 'memory:',
  engine: WorldOptions['engine'] = 'embedded',
): Promise<World> {
  const rtpengine = [await openNgRelay(22_300, 22_222)]
  const world = await startWorld({
    servers,
    store,
    engine,
    // No copies of messages for a leak scanner: they would be measured as well. And nobody is asked who does not wait for it.
    settings: { media: { rtpengine }, capture: {}, trunks: { probeMs: 0 } },
  })
  await world.client.trunks.add({ id: 'carrier', addresses: [clientAddress] })
  return world
}

const agentAddress = '127.0.0.3'
const clientAddress = '127.0.0.2'

/** Brings that many pairs up, one after the other, and waits until everybody hears its tone. */
export async function bringUp(world: World, count: number): Promise<readonly Pair[]> {
  const carrier = await openCarrier()
  const pairs: Pair[] = []
  for (let n = 1; n <= count; n += 1) pairs.push(await bringUpOne(world, carrier, `agent-${n}`))
  return pairs
}

/** Whoever calls for the clients. */
export async function openCarrier(): Promise<SyntheticCarrier> {
  const carrier = new SyntheticCarrier({ address: clientAddress, door: { host: '127.0.0.1', port: 5060 } })
  await carrier.start()
  return carrier
}

/** Brings one up, whose client calls through `carrier`. */
export async function bringUpOne(world: World, carrier: SyntheticCarrier, id: string): Promise<Pair> {
  const voice = await openTonePhone(agentAddress)
  const phone = await world.agent(id)
  const offer = agentOffer(voice.port)
  const agent = await phone.join(offer)
  const listener = await openTonePhone(clientAddress)
  const client = await carrier.call(id, pcmaOffer(clientAddress, listener.port))
  if (!isUp(client)) throw new PorticoError('E_LAB', `the client of ${id} was answered ${client.status}`)
  return {
    agent: id,
    phone,
    leg: agent,
    offer,
    client,
    ends: [end(voice, 440, 1004, agent), end(listener, 1004, 440, client)],
  }
}

/** Ends both legs of a pair, and closes its phones. */
export async function hangUp({ leg, client, ends, phone: agent }: Pair): Promise<void> {
  await client.hangUp()
  await leg.hangUp()
  await agent.stop()
  for (const { phone } of ends) phone.close()
}

function end(
  phone: TonePhone,
  plays: number,
  hears: number,
  call: { readonly sdp: string; readonly ended: Promise<void> },
): PairEnd {
  const { host, port } = audioTarget(call.sdp)
  phone.play(plays)
  phone.sendTo(host, port)
  let over = false
  void call.ended.then(() => (over = true))
  return { phone, hears, isOver: () => over }
}

/** What a browser would offer, of G.711 alone, at a port that exists. */
function agentOffer(port: number): string {
  return browserOffer()
    .replaceAll('127.0.0.1', agentAddress)
    .replace(/^m=audio.*/m, `m=audio ${port} UDP/TLS/RTP/SAVPF 8`)
    .replaceAll(/^a=rtpmap:(?!8 ).*\r\n/gm, '')
}

/** Resolves when each end of the pairs hears its tone. */
export async function everybodyHears(pairs: readonly Pair[]): Promise<void> {
  await until(
    'every agent and every client to hear each other',
    async () => {
      await pause(500)
      const since = performance.now() - 400
      return [...received(pairs)].every(([{ hears }, arrivals]) => isThere(arrivals, hears, since))
    },
    20_000,
  )
}

/** What each end of the pairs received since the last time. */
export function received(pairs: readonly Pair[]): ReadonlyMap<PairEnd, readonly Arrival[]> {
  return new Map(pairs.flatMap(({ ends }) => ends.map(one => [one, one.phone.arrivals()] as const)))
}
