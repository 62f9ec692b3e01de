import { setTimeout as pause } from 'node:timers/promises'
import { processMs } from '../conditions.ts'
import { rounded } from '../statistics.ts'

/** Processor time in milliseconds by who spent it. */
export type Spent = Readonly<Record<string, number>>

/**
 * What processes spend in `ms` from now on, each known by a name and its number. The window may be longer when the machine is busy; its
 * true length is told as `elapsed`.
 */
export async function spentIn(ms: number, processes: Spent): Promise<Spent> {
  const before = reading(processes)
  await pause(ms)
  const after = Object.entries(reading(processes))
  return Object.fromEntries(after.map(([name, at]) => [name, rounded(at - (before[name] ?? 0), 0)]))
}

function reading(processes: Spent): Spent {
  const each = Object.entries(processes).map(([name, pid]) => [name, processMs(pid)])
  return { ...Object.fromEntries(each), elapsed: performance.now() }
}
