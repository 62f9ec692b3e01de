import { mkdir } from 'node:fs/promises'
import type { Bench, Measured } from './bench.ts'
import { runCalls, type CallRun, type CallRunOptions } from './call-run.ts'
import type { Flags } from './flags.ts'
import { takeSnapshot, type Snapshot } from './snapshot.ts'
import { medians } from './statistics.ts'

type Settings = Omit<CallRunOptions, 'snapshot'>

/** Calls of agents on WSS through the door to a media server on UDP: processor time per call, time added, what failed. */
export const engineCalls: Bench = {
  about: 'agents on WSS → door → SIPp on UDP: CPU per call, setup added, retransmissions',
  async run(flags) {
    const settings = settingsOf(flags)
    const rounds = flags.number('rounds', 1, 1, 20)
    const revision = flags.text('revision')
    const against = flags.text('against')
    const findsMax = flags.has('find-max')
    const maxRate = flags.number('max-rate', 2_000, 100, 10_000)
    flags.finish()
    if (settings.profile !== undefined) await mkdir(settings.profile, { recursive: true })
    const snapshots = [await takeSnapshot(revision)]
    try {
      if (against !== undefined) snapshots.push(await takeSnapshot(against))
      const measured = await alternating(snapshots, rounds, settings)
      const max = findsMax ? await highestCleanRate(snapshots[0], settings, maxRate) : undefined
      return { ...measured, figures: { ...measured.figures, ...max } }
    } finally {
      for (const snapshot of snapshots) await snapshot.remove()
    }
  },
}

function settingsOf(flags: Flags): Settings {
  return {
    edge: flags.choice('edge', ['direct', 'drachtio', 'relay', 'kamailio']),
    logLevel: flags.choice('log', ['info', 'debug', 'warn', 'error', 'silent']),
    rate: flags.number('rate', 300, 1, 10_000),
    agents: flags.number('agents', 500, 1, 15_000),
    generators: flags.number('generators', 1, 1, 8),
    holdMs: flags.number('hold', 300, 0, 600_000),
    warmUpSeconds: flags.number('warm-up', 15, 0, 120),
    seconds: flags.number('seconds', 15, 1, 600),
    profile: flags.text('profile'),
  }
}

/** A run of each snapshot in turn, so that what else the machine does falls on all of them alike. */
async function alternating(
  snapshots: readonly Snapshot[],
  rounds: number,
  settings: Settings,
): Promise<Measured> {
  const runs = snapshots.map((): CallRun[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, snapshot] of snapshots.entries()) {
      runs[at]?.push(await runCalls({ ...settings, snapshot }))
    }
  }
  const [first = [], second] = runs
  const { rate, ...rest } = settings
  return {
    figures: medians(first.map(({ figures }) => figures)),
    conditions: {
      revision: snapshots[0]?.revision,
      rate,
      rounds,
      ...rest,
      counted: counted[rest.edge],
      farEnd: 'SIPp UAS on UDP, not counted',
      runs: first.map(({ figures, details }) => ({ cpuMsPerCall: figures['cpuMsPerCall'], ...details })),
      ...(second && {
        against: {
          revision: snapshots[1]?.revision,
          figures: medians(second.map(({ figures }) => figures)),
          runs: second.map(({ figures, details }) => ({ cpuMsPerCall: figures['cpuMsPerCall'], ...details })),
        },
      }),
    },
  }
}

const counted: Readonly<Record<Settings['edge'], string>> = {
  direct: 'door',
  drachtio: 'door and engine',
  relay: 'relay',
  kamailio: 'all processes of a Kamailio that only passes on: one on WSS, one for each core on UDP',
}

/** The highest rate of 1.25 times the last at which no call failed, nothing was repeated, and 19 of 20 calls due were made. */
async function highestCleanRate(
  snapshot: Snapshot | undefined,
  settings: Settings,
  maxRate: number,
): Promise<Record<string, number>> {
  let best = 0
  if (snapshot === undefined) return {}
  const agents = Math.max(settings.agents, Math.min(2_000, maxRate))
  for (let rate = 300; rate <= maxRate; rate = Math.round(rate * 1.25)) {
    const { figures } = await runCalls({ ...settings, agents, snapshot, rate, seconds: 8, warmUpSeconds: 4 })
    const isClean = figures['failed'] === 0 && figures['retransmissions'] === 0
    if (!isClean || (figures['callsPerSecond'] ?? 0) < rate * 0.95) break
    best = rate
  }
  return { maxCleanRate: best }
}
