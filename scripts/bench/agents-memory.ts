import { setTimeout as sleep } from 'node:timers/promises'
import { onBed, type Bed } from './bed.ts'
import type { Bench, Measured } from './bench.ts'
import { connectEveryone } from './call-run.ts'
import { takeSnapshot } from './snapshot.ts'
import { rounded } from './statistics.ts'
import type { Usage } from './usage.ts'

/** What a registered agent on its WebSocket costs in memory, while nobody calls. */
export const agentsMemory: Bench = {
  about: 'resident memory per registered agent on WSS',
  async run(flags) {
    const agents = flags.number('agents', 1_000, 10, 15_000)
    const edge = flags.choice('edge', ['direct', 'drachtio'])
    const settleSeconds = flags.number('settle', 10, 0, 600)
    const revision = flags.text('revision')
    const warmUpAgents = flags.number('warm-up', 500, 0, 5_000)
    flags.finish()
    const generators = Math.ceil((agents + warmUpAgents) / 4_500)
    const snapshot = await takeSnapshot(revision)
    try {
      const all = agents + warmUpAgents
      const options = { snapshot, edge, agents: all, generators, logLevel: 'info', exposeGc: true } as const
      const measured = await onBed(options, bed => measure(bed, { agents, warmUpAgents, settleSeconds }))
      const conditions = {
        revision: snapshot.revision,
        edge,
        agents,
        warmUpAgents,
        generators,
        settleSeconds,
      }
      return { ...measured, conditions: { ...conditions, ...measured.conditions } }
    } finally {
      await snapshot.remove()
    }
  },
}

/** The first agents stay connected, so that code and heap of a door at work are not counted as memory of those who follow. */
async function measure(
  bed: Bed,
  { agents, warmUpAgents, settleSeconds }: { agents: number; warmUpAgents: number; settleSeconds: number },
): Promise<Measured> {
  const { system } = bed
  await connectEveryone(bed, warmUpAgents)
  await system.collect()
  const before = await system.usage()
  await connectEveryone(bed, warmUpAgents + agents, warmUpAgents)
  await sleep(settleSeconds * 1000)
  const after = await system.usage()
  await system.collect()
  const collected = await system.usage()
  const per = (later: Readonly<Record<string, Usage>>, part: 'rssKb' | 'heapUsedKb' | 'externalKb'): number =>
    rounded((total(later, part) - total(before, part)) / agents, 1)
  return {
    figures: { kbPerAgent: per(after, 'rssKb') },
    conditions: {
      rssMbBefore: Math.round(total(before, 'rssKb') / 1024),
      rssMbAfter: Math.round(total(after, 'rssKb') / 1024),
      afterCollecting: {
        kbPerAgent: per(collected, 'rssKb'),
        heapKbPerAgent: per(collected, 'heapUsedKb'),
        externalKbPerAgent: per(collected, 'externalKb'),
      },
      counted: 'resident memory of the system under test; TLS buffers of the kernel are not in it',
    },
  }
}

function total(usage: Readonly<Record<string, Usage>>, part: 'rssKb' | 'heapUsedKb' | 'externalKb'): number {
  return Object.values(usage).reduce((sum, process) => sum + process[part], 0)
}
