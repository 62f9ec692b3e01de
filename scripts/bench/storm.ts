import { onBed, type Bed } from './bed.ts'
import type { Bench, Measured } from './bench.ts'
import { takeSnapshot } from './snapshot.ts'
import { medians, rounded } from './statistics.ts'

/** Everybody connects and registers at once, as after a network fault: how long it takes and what it costs the door. */
export const storm: Bench = {
  about: 'every agent connects and registers as fast as it is let in: seconds, CPU per agent',
  async run(flags) {
    const agents = flags.number('agents', 2_000, 10, 15_000)
    const atOnce = flags.number('at-once', 100, 1, 5_000)
    const edge = flags.choice('edge', ['direct', 'drachtio', 'kamailio'])
    const rounds = flags.number('rounds', 3, 1, 20)
    const generators = flags.number('generators', 1, 1, 8)
    const profile = flags.text('profile')
    const revision = flags.text('revision')
    flags.finish()
    const snapshot = await takeSnapshot(revision)
    try {
      const runs: Measured[] = []
      for (let round = 0; round < rounds; round++) {
        const options = { snapshot, edge, agents, generators, profile, logLevel: 'info' } as const
        runs.push(await onBed(options, bed => measure(bed, agents, atOnce)))
      }
      const conditions = { revision: snapshot.revision, edge, agents, atOnce, generators, rounds }
      return {
        figures: medians(runs.map(({ figures }) => figures)),
        conditions: { ...conditions, runs: runs.map(run => ({ ...run.figures, ...run.conditions })) },
      }
    } finally {
      await snapshot.remove()
    }
  },
}

async function measure(bed: Bed, agents: number, atOnce: number): Promise<Measured> {
  const before = await bed.system.usage()
  const { registered, ms, reasons } = await bed.connect(atOnce)
  const after = await bed.system.usage()
  const spent = Object.entries(after).map(([name, { cpuMs }]): [string, number] => [
    name,
    rounded((cpuMs - (before[name]?.cpuMs ?? 0)) / registered, 3),
  ])
  return {
    figures: {
      seconds: rounded(ms / 1000),
      cpuMsPerAgent: rounded(
        spent.reduce((sum, [, perAgent]) => sum + perAgent, 0),
        3,
      ),
      failed: agents - registered,
      turnedAway: Object.values(reasons).reduce((sum, times) => sum + times, 0),
    },
    conditions: { byProcess: Object.fromEntries(spent), reasons },
  }
}
