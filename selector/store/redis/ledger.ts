import { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import type { Choice } from '../../domain/decision.ts'
import type { Candidate, HealthWord, Load, MediaServer } from '../../domain/media-server.ts'
import { staleMs, type Policy } from '../../domain/standing.ts'
import { endedIn } from '../memory/ended-calls.ts'
import { LedgerBook, seenAfterMs } from '../memory/ledger-book.ts'
import { countChoice, newCounts } from '../ledger-counts.ts'
import type { Keys } from '../keys.ts'
import { loadSchema, standingSchema } from '../schemas.ts'
import type { Ledger, ReserveOrder } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'
import { rankingArgs, reserveInRedis } from './reserve.ts'
import type { ScriptName } from './scripts.ts'

/** What the ledger needs. */
export interface LedgerParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
  readonly policy: Policy
  /** The servers as last seen, for the time when Redis is away. */
  readonly servers: () => readonly MediaServer[]
  readonly clock: Clock
  readonly log: Log
}

/** A ledger in Redis, and what its owner does for it from time to time. */
export interface RedisLedger extends Ledger {
  /** Follows the operator's list of servers. */
  setServers(servers: readonly MediaServer[]): void
  /** Chooses by another policy from now on. */
  follow(policy: Policy): Promise<void>
  /** Makes the order of loads anew, of all servers or of some. */
  rerank(ids?: readonly string[]): Promise<void>
  /** Keeps the places of own calls that no counters show. */
  keep(): Promise<void>
  /** Tells again what this process told of servers while Redis was away. */
  restore(): Promise<void>
}

/**
 * The ledger that all doors share. While Redis is away this process goes on with what it saw last and the calls that it
 * placed itself, so a placement is never refused for want of Redis.
 */
export function createRedisLedger(parts: LedgerParts): RedisLedger {
  return new SharedLedger(parts)
}

class SharedLedger implements RedisLedger {
  readonly counts = newCounts()
  readonly #parts: LedgerParts
  readonly #book: LedgerBook
  /** By what all doors choose together. */
  #shared: Policy
  /** What this process told, which others may not have heard yet. */
  readonly #told = new Map<string, { readonly load: Load; readonly fence: number }>()
  /** Since when Redis is away, wall-clock milliseconds; undefined while it is there. */
  #aloneSince: number | undefined

  constructor(parts: LedgerParts) {
    this.#parts = parts
    this.#shared = parts.policy
    this.#book = new LedgerBook(parts.policy)
  }

  policy(): Policy {
    return this.#shared
  }

  async reserve(order: ReserveOrder): Promise<Choice> {
    const choice = await this.#reserve(order)
    countChoice(this.counts, choice)
    return choice
  }

  async #reserve(order: ReserveOrder): Promise<Choice> {
    try {
      const choice = await reserveInRedis(this.#parts, this.policy(), order)
      this.#together()
      if (choice.kind === 'chosen') {
        this.#book.note(order.call, choice.server.id, order.at, order.at + order.ttlMs)
      }
      return choice
    } catch (cause) {
      return this.#reserveAlone(order, cause)
    }
  }

  #reserveAlone(order: ReserveOrder, cause: unknown): Choice {
    if (this.#aloneSince === undefined) {
      this.#aloneSince = order.at
      this.#parts.log.warn('ledger.alone', { cause: messageOf(cause) })
    }
    this.counts.alone += 1
    const alone = order.at - this.#aloneSince > staleMs
    // What others place is not seen any more: each door spreads its own calls, and so do all together.
    if (alone && !isOwn(this.#book.policy)) {
      this.#book.follow({ ...this.#shared, utilisation: 'placed' }, order.at)
    }
    return this.#book.reserve(order, alone)
  }

  #together(): void {
    this.#aloneSince = undefined
    if (isOwn(this.#book.policy)) this.#book.follow(this.#shared, this.#now())
  }

  async candidates(only?: string): Promise<readonly Candidate[]> {
    const { servers, clock } = this.#parts
    const known = servers()
    const at = clock.wall()
    this.#book.setServers(known, at)
    try {
      const asked = only === undefined ? known : known.filter(({ id }) => id === only)
      const candidates = await readCandidates(this.#parts, asked)
      for (const candidate of candidates) this.#book.adopt(candidate, at)
      this.#together()
      return candidates
    } catch {
      return this.#book.candidates(at, only)
    }
  }

  setServers(servers: readonly MediaServer[]): void {
    this.#book.setServers(servers, this.#now())
  }

  async putLoad(server: string, load: Load, fence = 0): Promise<void> {
    this.#book.putLoad(server, load, this.#now(), fence)
    this.#told.set(server, { load, fence })
    await this.#tell(server, load, fence)
  }

  async putHealth(server: string, word: HealthWord | HealthWord['health']): Promise<boolean> {
    const { connection, keys } = this.#parts
    const { health, until = 0, ejections = 0 } = typeof word === 'string' ? { health: word } : word
    const at = this.#now()
    const mayBe = this.#book.putHealth(server, { health, until, ejections }, at)
    let taken = mayBe
    await connection.tryTo(async () => {
      const args = [server, loadTtlMs, health, until, ejections]
      taken = (await this.#run('health', [keys.load(server)], args)) === 1
    })
    return taken
  }

  async release(calls: readonly string[]): Promise<void> {
    this.#book.release(calls, this.#now())
    if (calls.length === 0) return
    const { connection, keys } = this.#parts
    const reservations = calls.map(call => keys.reservation(call))
    // What cannot be released now runs out by itself.
    await connection.tryTo(() => this.#run('release', reservations, calls))
  }

  async settle(call: string): Promise<void> {
    this.#book.settle(call)
  }

  async end(call: string): Promise<void> {
    const placed = this.#book.end(call, this.#now())
    // No counters show a call that was never answered.
    if (!placed?.isUp) return await this.release([call])
    const { connection, keys } = this.#parts
    const args = [call, placed.server, placed.at, seenAfterMs, loadTtlMs]
    await connection.tryTo(() => this.#run('end', [keys.reservation(call)], args))
  }

  async rerank(ids?: readonly string[]): Promise<void> {
    const { connection, keys } = this.#parts
    await connection.tryTo(async () => {
      const all = ids ?? (await this.#everyId())
      for (let from = 0; from < all.length; from += batch) {
        await this.#run('rerank', [keys.collection('servers')], all.slice(from, from + batch))
      }
    })
  }

  async keep(): Promise<void> {
    const { connection, keys } = this.#parts
    const unseen = this.#book.unseen().slice(-mostKept)
    await connection.tryTo(async () => {
      for (let from = 0; from < unseen.length; from += batch) {
        const some = unseen.slice(from, from + batch)
        const put = await this.#run(
          'keep',
          some.map(({ call }) => keys.reservation(call)),
          [keepMs, ...some.flatMap(({ call, server, at }) => [call, server, at])],
        )
        this.counts.restored += Number(put)
      }
    })
  }

  async restore(): Promise<void> {
    for (const [server, { load, fence }] of this.#told) await this.#tell(server, load, fence)
    await this.rerank()
  }

  async follow(policy: Policy): Promise<void> {
    this.#shared = policy
    if (!isOwn(this.#book.policy)) this.#book.follow(policy, this.#now())
    await this.rerank()
  }

  async #tell(server: string, load: Load, fence: number): Promise<void> {
    const { connection, keys } = this.#parts
    const args = [server, fence, loadTtlMs, ...fieldsOf(load)]
    await connection.tryTo(() => this.#run('load', [keys.load(server)], args))
  }

  /** Those of the operator, and those that are only in the order of loads and shall not be. */
  async #everyId(): Promise<readonly string[]> {
    const { connection, keys } = this.#parts
    const [written, ranked] = await Promise.all([
      connection.ask(redis => redis.hkeys(keys.collection('servers'))),
      connection.ask(redis => redis.hkeys(keys.ranked)),
    ])
    return [...new Set([...written, ...ranked])]
  }

  async #run(
    name: ScriptName,
    scriptKeys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const { connection, keys } = this.#parts
    const first = rankingArgs(keys, this.policy(), this.#now())
    return await connection.run(name, scriptKeys, [...first, ...args])
  }

  #now(): number {
    return this.#parts.clock.wall()
  }
}

/** Long enough to survive an outage of all collectors; only there so that removed servers leave nothing behind. */
const loadTtlMs = 3_600_000
/** How many servers or calls one script looks at, so that it never holds Redis up. */
const batch = 50
/** The most places that one process keeps in this way. */
const mostKept = 20_000
/** How long a place is kept until it is asserted again. */
const keepMs = 15_000
function isOwn({ utilisation }: Policy): boolean {
  return utilisation === 'placed'
}

function fieldsOf({ reconciled, ...numbers }: Load): (string | number)[] {
  return [...Object.entries(numbers).flat(), 'reconciled', reconciled ? '1' : '0']
}

async function readCandidates(
  { connection, keys, clock, garbage }: LedgerParts,
  servers: readonly MediaServer[],
): Promise<readonly Candidate[]> {
  const now = clock.wall()
  const replies = await connection.askMany(pipeline => {
    for (const { id } of servers) {
      pipeline.hgetall(keys.load(id)).zcount(keys.reservations(id), `(${now}`, '+inf').zcard(keys.ended(id))
    }
  })
  return servers.map((server, index) => {
    const [first, ...counted] = replies.slice(3 * index, 3 * index + 3)
    const word = wordSchema.safeParse(first).data
    const [reserved = 0, ended = 0] = counted.map(reply => countSchema.parse(reply))
    const isEmpty = word !== undefined && word['waiting'] === undefined
    const load = isEmpty ? undefined : garbage.check(keys.load(server.id), loadSchema.safeParse(word).data)
    const off = endedIn(load, ended)
    return {
      server,
      ...(load && { load }),
      reserved,
      ...standingIn(word),
      ...(off > 0 && { ended: off }),
    }
  })
}

function standingIn(word: Readonly<Record<string, string>> = {}): Omit<Candidate, 'server' | 'reserved'> {
  const { health, until, ejections, warmSince, nextAt } = standingSchema.parse(word)
  return {
    health,
    ...(until && { until }),
    ...(ejections && { ejections }),
    ...(warmSince !== undefined && { warmSince }),
    ...(nextAt !== undefined && { nextAt }),
  }
}

const countSchema = z.number().catch(0)

const wordSchema = z.record(z.string(), z.string())
