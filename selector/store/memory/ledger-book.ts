import { pick, reasonOf, situationOf } from '../../domain/choose.ts'
import { decisionOf, type Choice } from '../../domain/decision.ts'
import type { Candidate, HealthWord, Load, MediaServer } from '../../domain/media-server.ts'
import { Ranking } from '../../domain/ranking.ts'
import { nextJoinAt, type Policy } from '../../domain/standing.ts'
import { SortedSet } from '../../domain/sorted-set.ts'
import type { ReserveOrder } from '../store.ts'
import { candidateOf, isListed, ServerPage } from './server-page.ts'

/** Loads, health and reservations as one process knows them. Times are wall-clock milliseconds. */
export class LedgerBook {
  #policy: Policy
  readonly #pages = new Map<string, ServerPage>()
  readonly #expiries = new SortedSet()
  readonly #calls = new Map<string, Kept>()
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
    for (const page of this.#pages.values()) this.#rank(page, at)
  }

  /** Goes on with these servers and forgets what was known of others. */
  setServers(servers: readonly MediaServer[], at: number): void {
    const ids = new Set(servers.map(({ id }) => id))
    for (const page of this.#pages.values()) {
      // Another process may have placed a call on a server that is not in the list as it is known here.
      if (!ids.has(page.id) && (page.server !== undefined || page.placed === 0)) this.#forget(page)
    }
    for (const server of servers) {
      const page = this.#page(server.id)
      if (page.server === server) continue
      page.server = server
      this.#rank(page, at)
    }
  }

  /** Drops a word with an older fence than the last one's. */
  putLoad(server: string, load: Load, at: number, fence = 0): void {
    const page = this.#page(server)
    if (fence < page.fence) return
    if (this.#policy.ramp && load.reconciled && isNewLife(page.load, load)) {
      page.warmSince = at
      page.nextAt = undefined
    }
    page.tell(load, fence)
    this.#rank(page, at)
  }

  /** False when more than half of the fleet would be ejected. */
  putHealth(server: string, word: HealthWord, at: number): boolean {
    const page = this.#page(server)
    const before = page.health
    if (word.health === 'ejected' && before !== 'ejected' && !this.#mayEject(at)) return false
    page.hear(word)
    const isBack = this.#policy.ramp && word.health === 'up' && before !== 'up' && before !== 'unknown'
    if (isBack) page.warmSince = at
    page.nextAt = undefined
    this.#rank(page, at)
    return true
  }

  /** What another process knows of a server, in place of what was known here. */
  adopt({ server: { id }, load, health, until, ejections, warmSince, nextAt }: Candidate, at: number): void {
    const page = this.#page(id)
    if (load) page.tell(load, 0)
    page.hear({ health, ...(until && { until }), ...(ejections && { ejections }) })
    page.warmSince = warmSince
    page.nextAt = nextAt
    this.#rank(page, at)
  }

  /** Every server with what is known of it; `only`: that one, if there is one. */
  candidates(at: number, only?: string): Candidate[] {
    this.#sweep(at)
    const pages = only === undefined ? [...this.#pages.values()] : [this.#pages.get(only)]
    return pages.filter(isListed).map(candidateOf)
  }

  /** Chooses and reserves. What the call had reserved before is given back first. `alone`: see `Question`. */
  reserve(order: ReserveOrder, alone = false): Choice {
    const { call, at, exclude, chance, ttlMs } = order
    this.end(call, at)
    this.#sweep(at)
    const question = { policy: this.#policy, exclude, chance, at, ...(alone && { alone }) }
    const picked = pick(this.#ranking, question)
    const situation = picked?.situation ?? situationOf(this.#ranking, at)
    const decision = decisionOf(call, question, situation, picked, id => this.#pages.get(id)?.seen())
    const page = picked && this.#pages.get(picked.id)
    if (!isListed(page)) return { kind: 'none', reason: reasonOf(situation), decision }
    page.nextAt = nextJoinAt(page, this.#policy, at) ?? page.nextAt
    this.#note(call, page, at, at + ttlMs)
    this.#fence = Math.max(at, this.#fence + 1)
    return { kind: 'chosen', server: page.server, decision, fence: this.#fence }
  }

  /** Writes down a reservation that was decided elsewhere. */
  note(call: string, server: string, at: number, expiresAt: number): void {
    this.end(call, at)
    this.#note(call, this.#page(server), at, expiresAt)
  }

  /** Ends reservations; the calls go on. */
  release(calls: readonly string[], at: number): void {
    for (const call of calls) {
      this.#expiries.delete(call)
      const placed = this.#calls.get(call)
      if (placed && this.#giveBack(placed)) this.#rank(placed.page, at)
    }
  }

  /** The call is up: its place is kept for as long as no counters show it. */
  settle(call: string): void {
    const placed = this.#calls.get(call)
    if (placed) placed.isUp = true
  }

  /** The call is over. Returns what was known of it. */
  end(call: string, at: number): PlacedCall | undefined {
    const placed = this.#calls.get(call)
    if (placed === undefined) return undefined
    const { page, isUp } = placed
    this.#expiries.delete(call)
    this.#giveBack(placed)
    this.#calls.delete(call)
    if (isUp && isSeen(placed)) page.endedCalls.note(call, at, page.load)
    page.placed -= 1
    this.#rank(page, at)
    return placed
  }

  /** Calls that are up and that the counters of their server do not show, or may not show. */
  unseen(): readonly (PlacedCall & { readonly call: string })[] {
    return [...this.#calls].flatMap(([call, placed]) => {
      const { server, at, isUp } = placed
      return isUp && !isSeen(placed) ? [{ call, server, at, isUp }] : []
    })
  }

  #mayEject(at: number): boolean {
    const { ready, warming, doubtful, full, out } = this.#ranking.counts()
    let ejected = 1
    for (const { health, until = 0 } of this.#pages.values()) {
      if (health === 'ejected' && until > at) ejected += 1
    }
    return ejected * 2 <= ready + warming + doubtful + full + out
  }

  /** Lets the time that has passed take effect. */
  #sweep(at: number): void {
    for (let first = this.#expiries.at(0); first && first.score <= at; first = this.#expiries.at(0)) {
      this.#ranOut(first.id, at)
    }
    for (const id of this.#ranking.due(at, mostWoken)) this.#rank(this.#page(id), at)
  }

  #ranOut(call: string, at: number): void {
    const placed = this.#calls.get(call)
    if (placed?.isUp && !isSeen(placed)) return this.#expiries.set(call, at + keptOnMs)
    this.expired += 1
    // A call that is up goes on; one that is not will not come any more.
    if (placed?.isUp) this.release([call], at)
    else this.end(call, at)
  }

  #note(call: string, page: ServerPage, at: number, expiresAt: number): void {
    this.#expiries.set(call, expiresAt)
    this.#calls.set(call, { server: page.id, page, at, isUp: false, isReserved: true })
    page.reserved += 1
    page.placed += 1
    this.#rank(page, at)
  }

  /** False when nothing is reserved any more. */
  #giveBack(placed: Kept): boolean {
    if (!placed.isReserved) return false
    placed.isReserved = false
    placed.page.reserved -= 1
    return true
  }

  #rank(page: ServerPage, at: number): void {
    if (!isListed(page)) return
    page.ended = page.endedCalls.count(page.load)
    page.changed(this.#ranking.set(page, this.#policy, at).load)
  }

  #page(id: string): ServerPage {
    let page = this.#pages.get(id)
    if (page === undefined) this.#pages.set(id, (page = new ServerPage(id)))
    return page
  }

  #forget(page: ServerPage): void {
    this.#pages.delete(page.id)
    this.#ranking.delete(page.id)
    for (const [call, placed] of this.#calls) {
      if (placed.page !== page) continue
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

interface Kept extends PlacedCall {
  readonly page: ServerPage
  isUp: boolean
  isReserved: boolean
}

function isSeen({ page: { load }, at }: Kept): boolean {
  return load?.reconciled === true && load.takenAt > at + seenAfterMs
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
