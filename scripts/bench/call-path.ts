import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench, Measured } from './bench.ts'
import type { Flags } from './flags.ts'
import type { MemoryDoorService } from './memory-door.ts'
import { start } from './remote.ts'
import type { Arrangement } from './settings.ts'
import { takeSnapshot, type Snapshot } from './snapshot.ts'
import { medians, rounded } from './statistics.ts'

interface Settings {
  readonly calls: number
  readonly perSecond: number
  /** How long the process rests after each call, as one at a steady rate does. */
  readonly pauseMs: number
  readonly agents: number
  readonly logLevel: Arrangement['logLevel']
  readonly profile: string | undefined
}

/** The calls of `engine-calls` without a socket: our own code alone, and so with little noise. */
export const callPath: Bench = {
  about: 'the same calls without sockets: CPU of our own code, for comparing two states of it',
  async run(flags) {
    const settings = settingsOf(flags)
    const rounds = flags.number('rounds', 3, 1, 50)
    const revision = flags.text('revision')
    const against = flags.text('against')
    flags.finish()
    const snapshots = [await takeSnapshot(revision)]
    try {
      if (against !== undefined) snapshots.push(await takeSnapshot(against))
      return await alternating(snapshots, rounds, settings)
    } finally {
      for (const snapshot of snapshots) await snapshot.remove()
    }
  },
}

function settingsOf(flags: Flags): Settings {
  return {
    calls: flags.number('calls', 20_000, 100, 1_000_000),
    perSecond: flags.number('rate', 300, 1, 10_000),
    pauseMs: flags.number('pause', 0, 0, 1_000),
    agents: flags.number('agents', 500, 1, 10_000),
    logLevel: flags.choice('log', ['info', 'debug', 'warn', 'error', 'silent']),
    profile: flags.text('profile'),
  }
}

async function alternating(
  snapshots: readonly Snapshot[],
  rounds: number,
  settings: Settings,
): Promise<Measured> {
  const runs = snapshots.map((): Record<string, number>[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, snapshot] of snapshots.entries()) runs[at]?.push(await run(snapshot, settings))
  }
  const [first = [], second] = runs
  return {
    figures: medians(first),
    conditions: {
      revision: snapshots[0]?.revision,
      ...settings,
      rounds,
      counted: 'one process with door, agents and far end, all without sockets',
      runs: first,
      ...(second && {
        against: { revision: snapshots[1]?.revision, figures: medians(second), runs: second },
      }),
    },
  }
}

async function run(snapshot: Snapshot, settings: Settings): Promise<Record<string, number>> {
  const { calls, perSecond, pauseMs, logLevel, profile } = settings
  const log = await open(join(snapshot.folder, 'system.log'), 'a')
  const { ask, stop } = start<MemoryDoorService>({
    module: snapshot.module('scripts/bench/memory-door.js'),
    execArgv:
      profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=250', `--cpu-prof-dir=${profile}`],
    stderr: log.fd,
  })
  try {
    await ask.start({
      edge: 'direct',
      dataDir: join(snapshot.folder, 'data'),
      logLevel,
      agents: Array.from({ length: settings.agents }, (_, at) => `a${at + 1}`),
      server: { host: '127.0.1.1', port: 5060 },
    })
    await ask.call({ calls, perSecond, pauseMs: 0 })
    const { before, after, failed } = await ask.call({ calls, perSecond, pauseMs })
    return { cpuMsPerCall: rounded((after.cpuMs - before.cpuMs) / calls, 4), failed }
  } finally {
    await stop()
    await log.close()
  }
}
