import { pick, reasonOf, situationOf } from '../../domain/choose.ts'
import { decisionOf, seenOf, type Choice, type Seen } from '../../domain/decision.ts'
import type { Candidate, HealthWord, Load, MediaServer } from '../../domain/media-server.ts'
import { Ranking } from '../../domain/ranking.ts'
import { nextJoinAt, type Policy } from '../../domain/standing.ts'
import { SortedSet } from '../../domain/sorted-set.ts'
import type { ReserveOrder } from '../store.ts'
import { EndedCalls } from './ended-calls.ts'

/** Loads, health and reservations as one process knows them. Times are wall-clock milliseconds. */
export class LedgerBook {
  #policy: Policy
  readonly #servers = new Map<string, MediaServer>()
  /** What a choice sees of each, put together whenever something of it changes; never changed itself. */
  readonly #seen = new Map<string, Seen>()
  readonly #words = new Map<string, Word>()
  readonly #health = new Map<string, HealthWord>()
  readonly #warmth = new Map<string, Warmth>()
  readonly #reserved = new Map<string, Set<string>>()
  readonly #expiries = new SortedSet()
  readonly #calls = new Map<string, PlacedCall>()
  readonly #placed = new Map<string, number>()
  readonly #ended = new EndedCalls()
  readonly #ranking = new Ranking()
  #fence = 0
  /** Reservations that ran out so far. */
  expired = 0

  constructor(policy: Policy) {
    this.#policy = policy
  }

  get policy(): Policy {
    return this.#policy
  }

  /** Chooses by another policy from now on. */
  follow(policy: Policy, at: number): void {
    this.#policy = policy
    for (const id of this.#servers.keys()) this.#rank(id, at)
  }

  /** Goes on with these servers and forgets what was known of others. */
  setServers(servers: readonly MediaServer[], at: number): void {
    const ids = new Set(servers.map(({ id }) => id))
    for (const id of this.#servers.keys()) if (!ids.has(id)) this.#forget(id)
    for (const map of [this.#words, this.#health, this.#warmth]) {
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id)
    }
    for (const server of servers) {
      if (this.#servers.get(server.id) === server) continue
      this.#servers.set(server.id, server)
      this.#rank(server.id, at)
    }
  }

  /** Drops a word with an older fence than the last one's. */
  putLoad(server: string, load: Load, at: number, fence = 0): void {
    const before = this.#words.get(server)
    if (fence < (before?.fence ?? 0)) return
    this.#words.set(server, { load, fence })
    this.#ended.told(server, load)
    if (this.#policy.ramp && load.reconciled && isNewLife(before?.load, load)) {
      this.#warmth.set(server, { warmSince: at })
    }
    this.#rank(server, at)
  }

  /** False when more than half of the fleet would be ejected. */
  putHealth(server: string, word: HealthWord, at: number): boolean {
    const before = this.#health.get(server)?.health ?? 'unknown'
    if (word.health === 'ejected' && before !== 'ejected' && !this.#mayEject(at)) return false
    this.#health.set(server, withoutNothing(word))
    const { warmSince } = this.#warmth.get(server) ?? {}
    const isBack = this.#policy.ramp && word.health === 'up' && before !== 'up' && before !== 'unknown'
    const from = isBack ? at : warmSince
    this.#warmth.set(server, from === undefined ? {} : { warmSince: from })
    this.#rank(server, at)
    return true
  }

  /** What another process knows of a server, in place of what was known here. */
  adopt({ server: { id }, load, health, until, ejections, warmSince, nextAt }: Candidate, at: number): void {
    if (load) {
      this.#words.set(id, { load, fence: 0 })
      this.#ended.told(id, load)
    }
    this.#health.set(id, withoutNothing({ health, ...(until && { until }), ...(ejections && { ejections }) }))
    this.#warmth.set(id, {
      ...(warmSince !== undefined && { warmSince }),
      ...(nextAt !== undefined && { nextAt }),
    })
    this.#rank(id, at)
  }

  /** Every server with what is known of it. */
  candidates(at: number): Candidate[] {
    this.#sweep(at)
    return [...this.#servers.values()].map(server => this.#candidate(server))
  }

  /** Chooses and reserves. What the call had reserved before is given back first. `alone`: see `Question`. */
  reserve(order: ReserveOrder, alone = false): Choice {
    const { call, at, exclude, chance, ttlMs } = order
    this.end(call, at)
    this.#sweep(at)
    const question = { policy: this.#policy, exclude, chance, at, ...(alone && { alone }) }
    const picked = pick(this.#ranking, question)
    const situation = picked?.situation ?? situationOf(this.#ranking, at)
    const decision = decisionOf(call, question, situation, picked, id => this.#seen.get(id))
    const server = picked && this.#servers.get(picked.id)
    if (!server) return { kind: 'none', reason: reasonOf(situation), decision }
    this.#tookOne(server.id, at)
    this.note(call, server.id, at, at + ttlMs)
    this.#fence = Math.max(at, this.#fence + 1)
    return { kind: 'chosen', server, decision, fence: this.#fence }
  }

  /** Writes down a reservation that was decided elsewhere. */
  note(call: string, server: string, at: number, expiresAt: number): void {
    this.end(call, at)
    const calls = this.#reserved.get(server) ?? new Set()
    this.#reserved.set(server, calls.add(call))
    this.#expiries.set(call, expiresAt)
    this.#calls.set(call, { server, at, isUp: false })
    this.#placed.set(server, (this.#placed.get(server) ?? 0) + 1)
    this.#rank(server, at)
  }

  /** Ends reservations; the calls go on. */
  release(calls: readonly string[], at: number): void {
    for (const call of calls) {
      this.#expiries.delete(call)
      const server = this.#calls.get(call)?.server
      if (server !== undefined && this.#reserved.get(server)?.delete(call)) this.#rank(server, at)
    }
  }

  /** The call is up: its place is kept for as long as no counters show it. */
  settle(call: string): void {
    const placed = this.#calls.get(call)
    if (placed) this.#calls.set(call, { ...placed, isUp: true })
  }

  /** The call is over. Returns what was known of it. */
  end(call: string, at: number): PlacedCall | undefined {
    const placed = this.#calls.get(call)
    if (placed === undefined) return undefined
    const { server } = placed
    this.#expiries.delete(call)
    this.#reserved.get(server)?.delete(call)
    this.#calls.delete(call)
    if (placed.isUp && this.#isSeen(placed)) this.#ended.note(server, call, at, this.#words.get(server)?.load)
    this.#placed.set(server, (this.#placed.get(server) ?? 1) - 1)
    this.#rank(server, at)
    return placed
  }

  /** Calls that are up and that the counters of their server do not show, or may not show. */
  unseen(): readonly (PlacedCall & { readonly call: string })[] {
    return [...this.#calls].flatMap(([call, placed]) =>
      placed.isUp && !this.#isSeen(placed) ? [{ ...placed, call }] : [],
    )
  }

  #mayEject(at: number): boolean {
    const active = (['ready', 'warming', 'doubtful', 'full', 'out'] as const).reduce(
      (sum, standing) => sum + this.#ranking.count(standing),
      0,
    )
    const ejected = [...this.#health.values()].filter(
      ({ health, until = 0 }) => health === 'ejected' && until > at,
    )
    return (ejected.length + 1) * 2 <= active
  }

  #tookOne(id: string, at: number): void {
    const seen = this.#seen.get(id)
    const nextAt = seen && nextJoinAt(seen, this.#policy, at)
    if (nextAt !== undefined) this.#warmth.set(id, { ...this.#warmth.get(id), nextAt })
  }

  /** Lets the time that has passed take effect. */
  #sweep(at: number): void {
    for (let first = this.#expiries.at(0); first && first.score <= at; first = this.#expiries.at(0)) {
      this.#ranOut(first.id, at)
    }
    for (const id of this.#ranking.due(at, mostWoken)) this.#rank(id, at)
  }

  #ranOut(call: string, at: number): void {
    const placed = this.#calls.get(call)
    if (placed?.isUp && !this.#isSeen(placed)) return this.#expiries.set(call, at + keptOnMs)
    this.expired += 1
    // A call that is up goes on; one that is not will not come any more.
    if (placed?.isUp) this.release([call], at)
    else this.end(call, at)
  }

  #isSeen({ server, at }: PlacedCall): boolean {
    const load = this.#words.get(server)?.load
    return load?.reconciled === true && load.takenAt > at + seenAfterMs
  }

  #rank(id: string, at: number): void {
    const server = this.#servers.get(id)
    if (!server) return
    const candidate = this.#candidate(server)
    const { load } = this.#ranking.set(candidate, this.#policy, at)
    this.#seen.set(id, seenOf(candidate, load))
  }

  #candidate(server: MediaServer): Candidate {
    const { id } = server
    const load = this.#words.get(id)?.load
    const reserved = this.#reserved.get(id)?.size ?? 0
    const placed = this.#placed.get(id) ?? 0
    const ended = this.#ended.count(id, load)
    return {
      server,
      ...(load && { load }),
      reserved,
      ...(this.#health.get(id) ?? unknownHealth),
      ...this.#warmth.get(id),
      ...(placed !== reserved && { placed }),
      ...(ended > 0 && { ended }),
    }
  }

  #forget(id: string): void {
    this.#servers.delete(id)
    this.#seen.delete(id)
    this.#reserved.delete(id)
    this.#placed.delete(id)
    this.#ended.forget(id)
    this.#ranking.delete(id)
    for (const [call, { server }] of this.#calls) {
      if (server !== id) continue
      this.#calls.delete(call)
      this.#expiries.delete(call)
    }
  }
}

/** Where and when a call was placed. */
export interface PlacedCall {
  readonly server: string
  readonly at: number
  readonly isUp: boolean
}

interface Word {
  readonly load: Load
  readonly fence: number
}

type Warmth = Pick<Candidate, 'warmSince' | 'nextAt'>

const unknownHealth: HealthWord = { health: 'unknown' }

function withoutNothing({ health, until, ejections }: HealthWord): HealthWord {
  return { health, ...(until && { until }), ...(ejections && { ejections }) }
}

/** Whether a server was never heard before, or has been started anew. Its clock is read to the second. */
function isNewLife(before: Load | undefined, now: Load): boolean {
  return before === undefined || Math.abs(before.boot - now.boot) > 3_000
}

/** How much younger than a call counters must be to hold it for sure. */
export const seenAfterMs = 5_000
/** How long the place of a call that no counters show is kept before that is asked again. */
const keptOnMs = 15_000
/** Servers whose standing is looked at anew for one choice; each choice leaves fewer for the next. */
const mostWoken = 64
