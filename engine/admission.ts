import type { Core } from './core.ts'
import type { EngineLimits } from './options.ts'

/** What bears on an engine at the moment. */
export interface Strain {
  /** Open transactions as a share of those that may be. */
  readonly transactions: number
  /** How late the process comes to its timers, milliseconds. */
  readonly lagMs: number
  /** The heap as a share of what it may become. */
  readonly heap: number
}

/**
 * What is turned away, the least valuable first: 1 OPTIONS, 2 REGISTER as well, 3 everything that opens something new, 4 also
 * what belongs to a running call. Time and memory that run short never get to 4: ending calls is what makes room.
 */
export type ShedLevel = 0 | 1 | 2 | 3 | 4

/** Where time and memory begin to run short. */
export type ShedLimits = Pick<EngineLimits, 'shedLagMs' | 'shedHeapShare'>

/** How much must be turned away under a strain: what the worst of its parts asks for. */
export function shedLevel(strain: Strain, { shedLagMs, shedHeapShare }: ShedLimits): ShedLevel {
  const rest = (1 - shedHeapShare) / 3
  return worst(
    levelOf(strain.transactions, [0.7, 0.8, 0.9, 1]),
    levelOf(strain.lagMs, [shedLagMs, 2 * shedLagMs, 4 * shedLagMs, Infinity]),
    levelOf(strain.heap, [shedHeapShare, shedHeapShare + rest, shedHeapShare + 2 * rest, Infinity]),
  )
}

/** Whether there is room for one more request of a peer. A BYE always may: it makes room, and each call has but one. */
export function mayEnter(core: Core, method: string, isInDialog: boolean, address: string): boolean {
  if (isInDialog && method === 'BYE') return true
  const turnedAwayAt = isInDialog ? 4 : (classes.get(method) ?? 3)
  return currentLevel(core) < turnedAwayAt && core.servers.groupSize(address) < core.limits.perSource
}

/** Whether our application may send one more request; a BYE always may. */
export function mayLeave({ servers, clients, limits }: Core, method: string, isInDialog: boolean): boolean {
  return method === 'BYE' || servers.size + clients.size < limits.transactions * (isInDialog ? 1 : 0.9)
}

/** Whether one more call can be set up. Each one that is being set up may still become a dialog, so it takes a place already. */
export function mayCall({ dialogs, legs, limits }: Core): boolean {
  return dialogs.size + legs.size < limits.dialogs
}

/** What is turned away now. */
export function currentLevel({ servers, clients, limits, load }: Core): ShedLevel {
  const transactions = (servers.size + clients.size) / limits.transactions
  return shedLevel({ transactions, lagMs: load?.lagMs() ?? 0, heap: load?.heapShare() ?? 0 }, limits)
}

/** Seconds for Retry-After, spread so that peers do not come back all at once. */
export function retryAfter(core: Core): string {
  return String(1 + (Number.parseInt(core.random(1), 16) % 10))
}

type Steps = readonly [number, number, number, number]

function levelOf(value: number, [first, second, third, fourth]: Steps): ShedLevel {
  if (value < first) return 0
  if (value < second) return 1
  if (value < third) return 2
  return value < fourth ? 3 : 4
}

function worst(a: ShedLevel, b: ShedLevel, c: ShedLevel): ShedLevel {
  const ab = a > b ? a : b
  return ab > c ? ab : c
}

/** The level at which a request outside dialogs is turned away; 3 for all others. */
const classes: ReadonlyMap<string, ShedLevel> = new Map([
  ['OPTIONS', 1],
  ['REGISTER', 2],
])
