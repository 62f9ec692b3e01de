import { setTimeout as sleep } from 'node:timers/promises'
import { onBed, type Bed } from './bed.ts'
import type { Bench, Measured } from './bench.ts'
import { connectEveryone } from './call-run.ts'
import { takeSnapshot } from './snapshot.ts'
import { rounded, slope } from './statistics.ts'

/** A long run of calls: whether anything is left behind by them. */
export const soakCalls: Bench = {
  about: 'many calls at a steady rate: does resident memory stay flat',
  async run(flags) {
    const calls = flags.number('calls', 200_000, 1_000, 2_000_000)
    const rate = flags.number('rate', 400, 1, 5_000)
    const edge = flags.choice('edge', ['direct', 'drachtio'])
    const agents = flags.number('agents', 500, 1, 15_000)
    const revision = flags.text('revision')
    flags.finish()
    const snapshot = await takeSnapshot(revision)
    try {
      const options = { snapshot, edge, agents, generators: 1, logLevel: 'info', exposeGc: true } as const
      const measured = await onBed(options, bed => measure(bed, { calls, rate, agents }))
      const conditions = { revision: snapshot.revision, edge, calls, rate, agents }
      return { ...measured, conditions: { ...conditions, ...measured.conditions } }
    } finally {
      await snapshot.remove()
    }
  },
}

interface Sample {
  readonly calls: number
  readonly rssKb: number
  readonly heapKb: number
}

async function measure(
  bed: Bed,
  { calls, rate, agents }: { calls: number; rate: number; agents: number },
): Promise<Measured> {
  const [generator] = bed.generators
  await connectEveryone(bed, agents)
  await generator?.ask.begin({ rate, holdMs: 300 })
  const samples: Sample[] = []
  let [made, failed, retransmissions] = [0, 0, 0]
  const deadline = performance.now() + (calls / rate) * 2_000 + 60_000
  while (made < calls && performance.now() < deadline) {
    await sleep(2_000)
    const counts = await generator?.ask.take()
    made += counts?.completed ?? 0
    failed += counts?.failed ?? 0
    retransmissions += counts?.retransmissions ?? 0
    const usage = Object.values(await bed.system.usage())
    const sum = (part: 'rssKb' | 'heapUsedKb'): number => usage.reduce((all, one) => all + one[part], 0)
    samples.push({ calls: made, rssKb: sum('rssKb'), heapKb: sum('heapUsedKb') })
  }
  await generator?.ask.finish()
  // RFC 6026: the transactions of the last calls live 32 s longer.
  await sleep(35_000)
  await bed.system.collect()
  const rest = Object.values(await bed.system.usage())
  return summary(samples, {
    made,
    failed,
    retransmissions,
    heapKb: rest.reduce((sum, one) => sum + one.heapUsedKb, 0),
  })
}

function summary(
  samples: readonly Sample[],
  rest: { made: number; failed: number; retransmissions: number; heapKb: number },
): Measured {
  // The first quarter is growth of a heap that finds its size.
  const settled = samples.filter(({ calls }) => calls >= rest.made / 4)
  const at = (share: number): number =>
    Math.round((samples.find(({ calls }) => calls >= rest.made * share)?.rssKb ?? Number.NaN) / 1024)
  return {
    figures: {
      rssSlope: rounded(slope(settled.map(({ calls, rssKb }) => [calls / 1000, rssKb])), 2),
      failed: rest.failed,
      retransmissions: rest.retransmissions,
    },
    conditions: {
      unit: 'rssSlope: KB of resident memory per 1,000 calls, straight line through the last three quarters',
      made: rest.made,
      rssMbAtQuarters: [0.25, 0.5, 0.75, 1].map(at),
      heapMbAtRestAfterCollecting: rounded(rest.heapKb / 1024, 1),
    },
  }
}
