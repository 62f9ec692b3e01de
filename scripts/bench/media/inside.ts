/** Runs in a namespace of its own, started by `in-namespace.ts`; its last line is what was measured. */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { PorticoError } from '../../../runtime/errors.ts'
import type { World } from '../../../test/support/world.ts'
import type { Measured } from '../bench.ts'
import { percentile, rounded } from '../statistics.ts'
import { agentSound } from './agent-sound.ts'
import { isThere, longestHole } from './holes.ts'
import { bringUp, everybodyHears, openWorld, received, type PairEnd } from './pairs.ts'
import { spentIn } from './processor.ts'

const orderSchema = z.discriminatedUnion('bench', [
  z.object({ bench: z.literal('move'), pairs: z.int(), rounds: z.int() }),
  z.object({ bench: z.literal('survive-asterisk'), pairs: z.int(), how: z.enum(['kill', 'freeze']) }),
  z.object({ bench: z.literal('agent-sound'), buffers: z.array(z.string()) }),
])

type Order = z.infer<typeof orderSchema>
type OrderOf<B> = Extract<Order, { bench: B }>

/** Each agent with its client is moved to and fro between two servers, one after the other. */
async function move({ pairs: count, rounds }: OrderOf<'move'>): Promise<Measured> {
  const world = await openWorld(2)
  const pairs = await bringUp(world, count)
  await everybodyHears(pairs)
  const holes: number[] = []
  const still: number[] = []
  let kept = 0
  for (let n = 0; n < rounds * count; n += 1) {
    const [pair, other] = [pairs[n % count], pairs[(n + 1) % count]]
    if (!pair || !other) continue
    received(pairs)
    await pause(200)
    const from = performance.now()
    await world.client.calls.move({ agent: pair.agent })
    await pause(1000)
    const now = performance.now()
    const got = received(pairs)
    for (const end of pair.ends) {
      holes.push(longestHole(got.get(end) ?? [], end.hears, from, now))
      if (!end.isOver() && isThere(got.get(end) ?? [], end.hears, now - 400)) kept += 1
    }
    if (other !== pair)
      for (const end of other.ends) still.push(longestHole(got.get(end) ?? [], end.hears, from, now))
  }
  await world.stop()
  return {
    figures: {
      ...holeFigures(holes),
      keptPct: share(kept, holes.length),
      holeMsP99Unmoved: rounded(percentile(still, 0.99), 0),
    },
    conditions: { pairs: count, moves: rounds * count, ...without },
  }
}

/** All pairs are on one server, which dies or hangs. */
async function survive({ pairs: count, how }: OrderOf<'survive-asterisk'>): Promise<Measured> {
  const world = await openWorld(2)
  await world.client.servers.order('ms-2', 'drain')
  const pairs = await bringUp(world, count)
  await world.client.servers.order('ms-2', 'activate')
  await everybodyHears(pairs)
  // A door that has worked for a while: its code is compiled.
  for (let n = 0; n < warmingRounds; n += 1)
    for (const { agent } of pairs) await world.client.calls.move({ agent }, n % 2 === 0 ? 'ms-2' : 'ms-1')
  await everybodyHears(pairs)
  received(pairs)
  await pause(1000)
  const server = world.lab.servers.find(({ id }) => id === 'ms-1')
  if (!server) throw new PorticoError('E_LAB', 'there is no server ms-1')
  const parties = partiesOf(world)
  const from = performance.now()
  process.kill(server.pid, how === 'kill' ? 'SIGKILL' : 'SIGSTOP')
  const processorMsAtFirst = await spentIn(halfSecond, parties)
  await pause(how === 'kill' ? 4_000 : 8_000)
  const processorMsLater = await spentIn(halfSecond, parties)
  const now = performance.now()
  const got = received(pairs)
  const ends = pairs.flatMap(pair => pair.ends)
  const kept = ends.filter(end => !end.isOver() && isThere(got.get(end) ?? [], end.hears, now - 1000))
  if (kept.length < ends.length) for (const line of world.output) console.error(line)
  const holes = kept.map(end => longestHole(got.get(end) ?? [], end.hears, from, now))
  const doubleLegs = how === 'freeze' ? await doubleLegsAfter(world, server.pid, kept) : 0
  await world.stop()
  return {
    figures: { ...holeFigures(holes), keptPct: share(kept.length, ends.length), doubleLegs },
    conditions: {
      pairs: count,
      how,
      legs: ends.length,
      warmedByMoves: warmingRounds * count,
      processorMsAtFirst,
      processorMsLater,
      ...without,
    },
  }
}

const halfSecond = 500
/** An even number: the pairs end where they began. */
const warmingRounds = 20

/** Who has work with the legs of a server that is gone. */
function partiesOf({ pid, lab }: World): Readonly<Record<string, number>> {
  const other = lab.servers.find(({ id }) => id === 'ms-2')
  return { asterisk: other?.pid ?? 0, door: pid, rtpengine: lab.rtpenginePid, tones: process.pid }
}

/** The hung server comes back: what it still holds of the legs that went elsewhere, once it had the time to let go. */
async function doubleLegsAfter(world: World, pid: number, kept: readonly PairEnd[]): Promise<number> {
  process.kill(pid, 'SIGCONT')
  await pause(15_000)
  const legs = await Promise.all(world.lab.servers.map(({ id }) => world.lab.channels(id)))
  return legs.flat().length - kept.length
}

const without = {
  agents: 'plain RTP between agent and rtpengine (no DTLS-SRTP), PCMA',
  tone: '440 and 1004 Hz',
}

/** Nothing when no leg was kept. */
function holeFigures(holes: readonly number[]): Record<string, number> {
  if (holes.length === 0) return {}
  return {
    holeMsP50: rounded(percentile(holes, 0.5), 0),
    holeMsP99: rounded(percentile(holes, 0.99), 0),
    holeMsMax: rounded(Math.max(...holes), 0),
  }
}

function share(part: number, whole: number): number {
  return rounded((100 * part) / whole)
}

function measure(order: Order): Promise<Measured> {
  switch (order.bench) {
    case 'move':
      return move(order)
    case 'survive-asterisk':
      return survive(order)
    case 'agent-sound':
      return agentSound(order)
  }
}

console.log(JSON.stringify(await measure(orderSchema.parse(JSON.parse(process.argv[2] ?? '{}')))))
process.exit(0)
