import { SortedSet } from '../../../selector/domain/sorted-set.ts'
import type { Chance } from '../../../test/sim/chance.ts'
import type { Rule } from './rules.ts'

/** A stream of calls: Poisson arrivals, exponential durations. Times in virtual milliseconds. */
export interface Traffic {
  readonly servers: number
  readonly doors: number
  readonly perSecond: number
  readonly meanMs: number
  /** Calls that are there from the first moment on; default none. */
  readonly callsAtStart?: number
  /** How old the counters get before they are told anew. */
  readonly refreshMs: number
  /** Runs before anything is measured. */
  readonly warmUpMs: number
  readonly measuredMs: number
  /** Runs on after what is measured. */
  readonly coolDownMs?: number
}

/** Moves with the simulation: a clock, and whatever shall happen at some time. */
export interface Surroundings {
  /** Lets time pass: at once on a clock of the simulation's own, in that time on the machine's. */
  readonly clock?: { advance(ms: number): unknown }
  /** Called once, when the measuring begins. */
  readonly begin?: () => Promise<void>
  /** Called once, when the measuring is over. */
  readonly end?: () => Promise<void>
}

/** The time average of (max − min) / mean of the calls on each server, in per cent. */
export async function spreadPct(
  rule: Rule,
  traffic: Traffic,
  chance: Chance,
  surroundings: Surroundings = {},
): Promise<number> {
  const spreads = await new Run(rule, traffic, chance, surroundings).spreads()
  return (100 * spreads.reduce((sum, spread) => sum + spread, 0)) / spreads.length
}

/** One run of a stream of calls. */
class Run {
  readonly #rule: Rule
  readonly #traffic: Traffic
  readonly #times: Chance
  readonly #surroundings: Surroundings
  readonly #counts: number[]
  readonly #ends = new SortedSet()
  readonly #placed = new Map<string, { readonly door: number; readonly server: number }>()
  readonly #spreads: number[] = []
  #now = 0
  #call = 0
  #arrival: number
  #refresh: number
  #sample: number
  #hasBegun = false

  constructor(rule: Rule, traffic: Traffic, chance: Chance, surroundings: Surroundings) {
    this.#rule = rule
    this.#traffic = traffic
    this.#times = chance.stream('times')
    this.#surroundings = surroundings
    this.#counts = Array.from({ length: traffic.servers }, () => 0)
    this.#arrival = this.#untilNextCall()
    this.#refresh = traffic.refreshMs
    this.#sample = traffic.warmUpMs
  }

  async spreads(): Promise<readonly number[]> {
    const { coolDownMs = 0, callsAtStart = 0 } = this.#traffic
    await this.#rule.told(this.#counts, this.#now)
    for (let left = callsAtStart; left > 0; left--) await this.#begins()
    while (this.#now < this.#measuredUntil + coolDownMs) await this.#step()
    return this.#spreads
  }

  get #measuredUntil(): number {
    return this.#traffic.warmUpMs + this.#traffic.measuredMs
  }

  async #step(): Promise<void> {
    const first = this.#ends.at(0)
    const next = Math.min(this.#arrival, this.#refresh, this.#sample, first?.score ?? Infinity)
    await this.#surroundings.clock?.advance(next - this.#now)
    this.#now = next
    if (first && first.score === next) return await this.#hangUp(first.id)
    if (this.#refresh === next) {
      this.#refresh += this.#traffic.refreshMs
      return await this.#rule.told(this.#counts, this.#now)
    }
    if (this.#sample === next) return await this.#measure()
    this.#arrival += this.#untilNextCall()
    await this.#begins()
  }

  async #begins(): Promise<void> {
    this.#call += 1
    const id = String(this.#call)
    const door = Math.floor(this.#times.share() * this.#traffic.doors)
    const server = await this.#rule.place(this.#call, door, this.#now)
    this.#counts[server] = (this.#counts[server] ?? 0) + 1
    this.#placed.set(id, { door, server })
    this.#ends.set(id, this.#now + this.#times.wait(this.#traffic.meanMs))
  }

  async #hangUp(id: string): Promise<void> {
    this.#ends.delete(id)
    const found = this.#placed.get(id)
    this.#placed.delete(id)
    if (!found) return
    this.#counts[found.server] = (this.#counts[found.server] ?? 1) - 1
    await this.#rule.ended(Number(id), found.door, found.server, this.#now)
  }

  async #measure(): Promise<void> {
    const counts = this.#counts
    this.#sample += 1_000
    if (!this.#hasBegun) await this.#surroundings.begin?.()
    this.#hasBegun = true
    if (this.#now > this.#measuredUntil) return
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    if (mean > 0) this.#spreads.push((Math.max(...counts) - Math.min(...counts)) / mean)
    if (this.#sample > this.#measuredUntil) await this.#surroundings.end?.()
  }

  #untilNextCall(): number {
    return this.#times.wait(1_000 / this.#traffic.perSecond)
  }
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
      await clock?.advance(refresh - now)
      now = refresh
      const seen = counts.map(
        (_, server) => history.filter(one => one.server === server && one.at <= now - lagMs).length,
      )
      await rule.told(seen, now - lagMs)
      refresh += refreshMs
    }
    await clock?.advance(at - now)
    now = at
    const server = await rule.place(login, login % doors, at)
    counts[server] = (counts[server] ?? 0) + 1
    history.push({ at, server })
  }
  return Math.max(...counts) - Math.min(...counts)
}
