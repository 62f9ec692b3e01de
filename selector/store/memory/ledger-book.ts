import { choose, type Choice, type Policy } from '../../domain/choose.ts'
import type { Candidate, Health, Load, MediaServer } from '../../domain/media-server.ts'
import type { ReserveOrder } from '../store.ts'

/** Loads, health and reservations as one process knows them. */
export class LedgerBook {
  readonly #policy: Policy
  readonly #words = new Map<string, Word>()
  readonly #health = new Map<string, Health>()
  /** Server → call → expiry, wall-clock milliseconds. */
  readonly #reservations = new Map<string, Map<string, number>>()
  readonly #serverOf = new Map<string, string>()

  constructor(policy: Policy) {
    this.#policy = policy
  }

  /** Drops a word with an older fence than the last one's. */
  putLoad(server: string, load: Load, fence = 0): void {
    if (fence >= (this.#words.get(server)?.fence ?? 0)) this.#words.set(server, { load, fence })
  }

  putHealth(server: string, health: Health): void {
    this.#health.set(server, health)
  }

  /** Forgets what was known of servers that are no longer there. */
  keepOnly(servers: readonly MediaServer[]): void {
    const ids = new Set(servers.map(({ id }) => id))
    for (const map of [this.#words, this.#health, this.#reservations]) {
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id)
    }
  }

  /** The given servers with what is known of them at that wall-clock time. */
  candidates(servers: readonly MediaServer[], at: number): Candidate[] {
    return servers.map(server => {
      const load = this.#words.get(server.id)?.load
      const reserved = this.#reserved(server.id, at)
      const health = this.#health.get(server.id) ?? 'unknown'
      return load ? { server, load, reserved, health } : { server, reserved, health }
    })
  }

  /** Chooses and reserves. What the call had reserved before is given back first. */
  reserve(servers: readonly MediaServer[], order: ReserveOrder): Choice {
    this.release([order.call])
    const choice = choose(this.candidates(servers, order.at), this.#policy, order.exclude, order.chance)
    if (choice.kind === 'chosen') this.note(order.call, choice.server.id, order.at + order.ttlMs)
    return choice
  }

  /** Writes down a reservation that was decided elsewhere. */
  note(call: string, server: string, expiresAt: number): void {
    this.release([call])
    const calls = this.#reservations.get(server) ?? new Map<string, number>()
    this.#reservations.set(server, calls.set(call, expiresAt))
    this.#serverOf.set(call, server)
  }

  release(calls: readonly string[]): void {
    for (const call of calls) {
      const server = this.#serverOf.get(call)
      if (server === undefined) continue
      this.#serverOf.delete(call)
      this.#reservations.get(server)?.delete(call)
    }
  }

  /** Reservations of one server; those that ran out are dropped on the way. */
  #reserved(server: string, at: number): number {
    const calls = this.#reservations.get(server)
    if (!calls) return 0
    for (const [call, expiresAt] of calls) if (expiresAt <= at) this.release([call])
    return calls.size
  }
}

interface Word {
  readonly load: Load
  readonly fence: number
}
