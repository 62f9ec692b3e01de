import { SortedSet } from '../../../selector/domain/sorted-set.ts'
import type { Chance } from '../../../test/sim/chance.ts'
import type { ManualClock } from '../../../test/support/manual-clock.ts'
import type { Rule } from './rules.ts'

/** A stream of calls: Poisson arrivals, exponential durations. Times in virtual milliseconds. */
export interface Traffic {
  readonly servers: number
  readonly doors: number
  readonly perSecond: number
  readonly meanMs: number
  /** How old the counters get before they are told anew. */
  readonly refreshMs: number
  /** Runs before anything is measured. */
  readonly warmUpMs: number
  readonly measuredMs: number
}

/** Moves with the simulation: a store's clock, and whatever shall happen at some time. */
export interface Surroundings {
  readonly clock?: ManualClock
  /** Called once, when the measuring begins. */
  readonly begin?: () => Promise<void>
}

/** The time average of (max − min) / mean of the calls on each server, in per cent. */
export async function spreadPct(
  rule: Rule,
  traffic: Traffic,
  chance: Chance,
  { clock, begin }: Surroundings = {},
): Promise<number> {
  const { servers, doors, perSecond, meanMs, refreshMs, warmUpMs, measuredMs } = traffic
  const counts = Array.from({ length: servers }, () => 0)
  const ends = new SortedSet()
  const placed = new Map<string, { readonly door: number; readonly server: number }>()
  const times = chance.stream('times')
  const exponential = (mean: number): number => -mean * Math.log(1 - times.share())
  const spreads: number[] = []
  let now = 0
  let call = 0
  let arrival = exponential(1_000 / perSecond)
  let refresh = 0
  let sample = warmUpMs
  let hasBegun = false

  async function step(): Promise<void> {
    const end = ends.at(0)
    const next = Math.min(arrival, refresh, sample, end?.score ?? Infinity)
    clock?.advance(next - now)
    now = next
    if (end && end.score === next) return await hangUp(end.id)
    if (refresh === next) {
      refresh += refreshMs
      return await rule.told(counts, now)
    }
    if (sample === next) return await measure()
    arrival += exponential(1_000 / perSecond)
    await begins()
  }

  async function begins(): Promise<void> {
    call += 1
    const door = Math.floor(times.share() * doors)
    const server = await rule.place(call, door, now)
    counts[server] = (counts[server] ?? 0) + 1
    placed.set(String(call), { door, server })
    ends.set(String(call), now + exponential(meanMs))
  }

  async function hangUp(id: string): Promise<void> {
    ends.delete(id)
    const found = placed.get(id)
    placed.delete(id)
    if (!found) return
    counts[found.server] = (counts[found.server] ?? 1) - 1
    await rule.ended(Number(id), found.door, found.server, now)
  }

  async function measure(): Promise<void> {
    sample += 1_000
    if (!hasBegun) await begin?.()
    hasBegun = true
    const mean = counts.reduce((sum, count) => sum + count, 0) / servers
    if (mean > 0) spreads.push((Math.max(...counts) - Math.min(...counts)) / mean)
  }

  while (now < warmUpMs + measuredMs) await step()
  return (100 * spreads.reduce((sum, spread) => sum + spread, 0)) / spreads.length
}

/** max − min after `logins` agents came within `overMs`; counters are told every `refreshMs`, and late by `lagMs`. */
export async function burst(
  rule: Rule,
  {
    servers,
    doors,
    logins,
    overMs,
    refreshMs,
    lagMs,
  }: {
    readonly servers: number
    readonly doors: number
    readonly logins: number
    readonly overMs: number
    readonly refreshMs: number
    readonly lagMs: number
  },
  { clock }: Surroundings = {},
): Promise<number> {
  const counts = Array.from({ length: servers }, () => 0)
  const history: { readonly at: number; readonly server: number }[] = []
  let now = 0
  let refresh = 0
  for (let login = 0; login < logins; login++) {
    const at = (login * overMs) / logins
    while (refresh <= at) {
      clock?.advance(refresh - now)
      now = refresh
      const seen = counts.map(
        (_, server) => history.filter(one => one.server === server && one.at <= now - lagMs).length,
      )
      await rule.told(seen, now - lagMs)
      refresh += refreshMs
    }
    clock?.advance(at - now)
    now = at
    const server = await rule.place(login, login % doors, at)
    counts[server] = (counts[server] ?? 0) + 1
    history.push({ at, server })
  }
  return Math.max(...counts) - Math.min(...counts)
}
