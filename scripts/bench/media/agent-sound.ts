import { setTimeout as pause } from 'node:timers/promises'
import type { Pace } from '../../../test/support/rtp-tone.ts'
import type { Measured } from '../bench.ts'
import { rounded } from '../statistics.ts'
import { isAudible } from './holes.ts'
import { bringUpOne, everybodyHears, hangUp, openCarrier, openWorld, type Pair } from './pairs.ts'

/** Troubles by name. Each begins at 0 and is over by `overMs`; packets are of 20 ms. */
const troubles: Readonly<Record<string, Pace>> = {
  none: due(() => 0),
  /** A wireless network: each packet up to 40 ms late. */
  jitter: due(n => 40 * chance(n)),
  jitter100: due(n => 100 * chance(n)),
  /** Something else takes the air for a tenth of a second, every second. */
  spikes: due(n => Math.max(0, 100 - (n % 50) * 20)),
  /** The network stands still for a while and then delivers everything. */
  burst150: due(n => Math.max(0, 150 - n * 20)),
  burst300: due(n => Math.max(0, 300 - n * 20)),
  burst600: due(n => Math.max(0, 600 - n * 20)),
  /** Nothing gets through for two seconds. */
  outage: n => (n < 100 ? { stamped: n * 20 } : { sent: n * 20, stamped: n * 20 }),
  /** The computer stands still: what was not recorded has no time of its own, so all that follows comes later than its timestamp says. */
  stall300: n => ({ sent: 300 + n * 20, stamped: n * 20 }),
  stall900: n => ({ sent: 900 + n * 20, stamped: n * 20 }),
  /** It stands still for a tenth of a second in each. */
  stalls: n => ({ sent: n * 20 + 100 * Math.floor(Math.min(n, 300) / 30), stamped: n * 20 }),
  /** Its sound is recorded a tenth too slowly, and a tenth too fast, for six seconds. */
  stall2500: n => ({ sent: 2500 + n * 20, stamped: n * 20 }),
  /** One trouble after the other. */
  mixed: n => {
    const sent = n * 20 + 2 * Math.min(n, 100) + stallsAt(n, [150, 700], [220, 400], [260, 200])
    return n >= 100 && n < 130 ? { stamped: n * 20 } : { sent, stamped: n * 20 }
  },
  slow: n => ({ sent: n * 20 + 2 * Math.min(n, 300), stamped: n * 20 }),
  fast: n => ({ sent: n * 20 - 2 * Math.min(n, 300), stamped: n * 20 }),
}

const packetMs = 20
const settleMs = 1_000
const overMs = 6_000
const restMs = 12_000

function stallsAt(n: number, ...stalls: readonly (readonly [number, number])[]): number {
  return stalls.reduce((sum, [at, ms]) => sum + (n >= at ? ms : 0), 0)
}

/** Each packet late by so many milliseconds. */
function due(late: (n: number) => number): Pace {
  return n => ({ sent: n * 20 + late(n), stamped: n * 20 })
}

/** A number from 0 to 1 that looks like chance, and is the same in each run. */
function chance(n: number): number {
  return ((n * 7919 + 104_729) % 1009) / 1009
}

/** One pair for each trouble, all at once, and that for each buffer. */
export async function agentSound({ buffers }: { readonly buffers: readonly string[] }): Promise<Measured> {
  const world = await openWorld(1)
  const carrier = await openCarrier()
  const figures: Record<string, number> = {}
  for (const [round, buffer] of buffers.entries()) {
    const [kind = '', sizes = ''] = buffer.split(':')
    await world.lab.run('exec', 'ms-1', `dialplan set global AGENT_BUFFER ${kind}`)
    await world.lab.run('exec', 'ms-1', `dialplan set global AGENT_BUFFER_SIZES ${sizes}`)
    const rows: Row[] = []
    for (const [name, pace] of Object.entries(troubles))
      rows.push({ name, pace, pair: await bringUpOne(world, carrier, `${name}-${round}`) })
    for (const [key, value] of Object.entries(await measure(rows))) figures[`${buffer} ${key}`] = value
    for (const { pair } of rows) await hangUp(pair)
  }
  await world.stop()
  return { figures, conditions: { agents: 'plain RTP, PCMA, 440 Hz', troubles: Object.keys(troubles) } }
}

interface Row {
  readonly name: string
  readonly pace: Pace
  readonly pair: Pair
}

async function measure(rows: readonly Row[]): Promise<Record<string, number>> {
  await everybodyHears(rows.map(({ pair }) => pair))
  await pause(settleMs)
  const before = await delays(rows)
  for (const { pair, pace } of rows) {
    pair.ends[1].phone.arrivals()
    pair.ends[0].phone.pace(pace)
  }
  const begun = performance.now()
  await pause(overMs + restMs)
  const heard = rows.map(({ pair }) => pair.ends[1].phone.arrivals())
  const after = await delays(rows)
  return Object.fromEntries(
    rows.flatMap(({ name, pair }, n) => {
      const quiet = (heard[n] ?? []).filter(({ samples }) => !isAudible(samples, pair.ends[1].hears))
      const last = quiet.at(-1)?.at ?? begun
      return [
        [`${name} unheardMs`, quiet.length * packetMs],
        [`${name} lastUnheardAtMs`, rounded(last - begun, 0)],
        [`${name} delayBeforeMs`, before[n] ?? 0],
        [`${name} delayAfterMs`, after[n] ?? 0],
      ]
    }),
  )
}

/** How long it takes until what each agent says is heard. What came in is looked at afterwards: meanwhile packets are to be sent in time. */
async function delays(rows: readonly Row[]): Promise<readonly number[]> {
  const ends = rows.map(({ pair }) => pair.ends)
  for (const [, client] of ends) client.phone.arrivals()
  await pause(settleMs)
  const from = performance.now()
  for (const [agent] of ends) agent.phone.play(0)
  await pause(settleMs)
  for (const [agent, client] of ends) agent.phone.play(client.hears)
  await pause(settleMs)
  const heard = ends.map(([, client]) => client.phone.arrivals())
  return ends.map(([, { hears }], n) => {
    const last = heard[n]?.findLast(({ at, samples }) => at < from + settleMs && isAudible(samples, hears))
    return rounded((last?.at ?? from) - from, 0)
  })
}
