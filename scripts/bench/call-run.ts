import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from '../load/agents-process.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { timeFarEnd } from '../load/direct-calls.ts'
import { onBed, type Bed, type BedOptions } from './bed.ts'
import { machineBusyMs, processMs } from './conditions.ts'
import { added, percentile, rounded } from './statistics.ts'
import type { Usage } from './usage.ts'

/** One run of calls at a steady rate. */
export interface CallRunOptions extends BedOptions {
  readonly rate: number
  readonly holdMs: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** What one run came to. */
export interface CallRun {
  readonly figures: Readonly<Record<string, number>>
  readonly details: Readonly<Record<string, unknown>>
}

/** Registers the agents, calls at the rate, and measures once everything is warm. */
export function runCalls(options: CallRunOptions): Promise<CallRun> {
  return onBed(options, async bed => {
    const own = await timeFarEnd(bed.farEnd, { rate: options.rate, seconds: 2 })
    await connectEveryone(bed, options.agents)
    const { generators } = bed
    for (const { ask } of generators) {
      await ask.begin({ rate: options.rate / generators.length, holdMs: options.holdMs })
    }
    await sleep(options.warmUpSeconds * 1000)
    const window = await observed(bed, options.seconds)
    for (const { ask } of generators) await ask.finish()
    // SIPp writes its counters once a second.
    await sleep(1_200)
    return summary(window, own, await bed.farEnd.retransmissions(), options)
  })
}

/** Connects and registers; a benchmark in which somebody is missing measures something else. */
export async function connectEveryone(bed: Bed, end: number, first = 0): Promise<void> {
  const { registered, reasons } = await bed.connect(50, first, end)
  if (registered === end - first) return
  const why = JSON.stringify(reasons)
  throw new PorticoError('E_LAB', `${registered} of ${end - first} agents registered: ${why}`)
}

interface Window {
  readonly counts: Counts
  readonly cpuMs: Readonly<Record<string, number>>
  readonly systemMs: number
  readonly othersShare: number
}

/** What happens in the next `seconds`. */
async function observed(bed: Bed, seconds: number): Promise<Window> {
  const begin = await reading(bed)
  await sleep(seconds * 1000)
  const end = await reading(bed)
  const cpuMs = Object.fromEntries(
    Object.entries(end.usage).map(([name, { cpuMs: ms }]) => [name, ms - (begin.usage[name]?.cpuMs ?? 0)]),
  )
  const systemMs = kernelMs(end) - kernelMs(begin)
  const othersMs = end.busyMs - begin.busyMs - (end.ownMs - begin.ownMs)
  return { counts: end.counts, cpuMs, systemMs, othersShare: othersMs / (end.atMs - begin.atMs) }
}

interface Reading {
  readonly counts: Counts
  readonly usage: Readonly<Record<string, Usage>>
  readonly busyMs: number
  readonly ownMs: number
  readonly atMs: number
}

function kernelMs({ usage }: Reading): number {
  return Object.values(usage).reduce((sum, { systemMs }) => sum + systemMs, 0)
}

async function reading({ system, generators, pids }: Bed): Promise<Reading> {
  const [usage, ...taken] = await Promise.all([system.usage(), ...generators.map(({ ask }) => ask.take())])
  const ownMs = pids.reduce((sum, pid) => sum + processMs(pid), process.cpuUsage().user / 1000)
  return { counts: addedCounts(taken), usage, busyMs: machineBusyMs(), ownMs, atMs: performance.now() }
}

function addedCounts(all: readonly Counts[]): Counts {
  const sum = (name: 'completed' | 'failed' | 'starved' | 'retransmissions'): number =>
    all.reduce((total, counts) => total + counts[name], 0)
  return {
    completed: sum('completed'),
    failed: sum('failed'),
    starved: sum('starved'),
    retransmissions: sum('retransmissions'),
    setupMs: all.flatMap(({ setupMs }) => setupMs),
    reasons: added(all.map(({ reasons }) => reasons)),
  }
}

function summary(
  { counts, cpuMs, systemMs, othersShare }: Window,
  own: readonly number[],
  repeatedAtFarEnd: number,
  { rate, seconds }: CallRunOptions,
): CallRun {
  const { completed, failed, starved, retransmissions, setupMs, reasons } = counts
  const farEndMs = percentile(own, 0.5)
  const total = Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0)
  return {
    figures: {
      cpuMsPerCall: rounded(total / completed, 3),
      addedMsP50: rounded(percentile(setupMs, 0.5) - farEndMs),
      addedMsP99: rounded(percentile(setupMs, 0.99) - farEndMs),
      failed,
      retransmissions: retransmissions + repeatedAtFarEnd,
      callsPerSecond: rounded(completed / seconds, 1),
    },
    details: {
      cpuMsPerCallByProcess: Object.fromEntries(
        Object.entries(cpuMs).map(([name, ms]) => [name, rounded(ms / completed, 3)]),
      ),
      inKernelMsPerCall: rounded(systemMs / completed, 3),
      calls: completed,
      rate,
      starved,
      ...(failed > 0 && { reasons }),
      farEndMsP50: rounded(farEndMs),
      otherProcessesCores: rounded(othersShare),
    },
  }
}
