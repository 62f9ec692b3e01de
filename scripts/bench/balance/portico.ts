import type { Clock } from '../../../runtime/clock.ts'
import { PorticoError } from '../../../runtime/errors.ts'
import { silentLog } from '../../../runtime/log.ts'
import type { Policy } from '../../../selector/domain/standing.ts'
import { replay } from '../../../selector/domain/decision.ts'
import { createMemoryStore } from '../../../selector/store/memory/store.ts'
import { createRedisStore } from '../../../selector/store/redis/store.ts'
import type { Ledger, Store } from '../../../selector/store/store.ts'
import { load, mediaServer } from '../../../test/support/fleet.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { startRedis, type TestRedis } from '../../../test/support/redis.ts'
import type { Rule } from './rules.ts'

/** Portico's own choice over its real stores. */
export interface Portico<C extends Clock = Clock> extends Rule {
  readonly clock: C
  readonly ledgers: readonly Ledger[]
  /** Choices that did not come out again when their record was decided anew. */
  readonly notReplayed: number
  /** Ends Redis under the doors. */
  cutRedis(): Promise<void>
}

const policy: Policy = { utilisation: 'expected', rho: 0.7, spillAt: 0.8 }

/** On a clock that the simulation moves: `doors` stores on one Redis, or one in memory. */
export async function startPortico(
  doors: number,
  servers: number,
  share: () => number,
): Promise<Portico<ManualClock>> {
  const redis = doors === 1 ? undefined : await startRedis()
  return await startDoors({
    doors,
    servers,
    share,
    clock: new ManualClock(),
    redis,
    commandTimeoutMs: 10_000,
  })
}

/** What it takes to place calls through several doors. */
export interface DoorsOptions<C extends Clock> {
  readonly doors: number
  readonly servers: number
  /** A number in [0, 1). */
  readonly share: () => number
  readonly clock: C
  /** Ends with the doors. Absent: one door in memory. */
  readonly redis: TestRedis | undefined
  readonly commandTimeoutMs?: number
}

/** Every server has room for all calls. */
export async function startDoors<C extends Clock>(options: DoorsOptions<C>): Promise<Portico<C>> {
  const { doors, servers, share, clock, redis } = options
  const stores = Array.from({ length: doors }, () => storeOn(options))
  for (const store of stores) await store.start()
  const ids = Array.from({ length: servers }, (_, index) => `ms-${index}`)
  for (const id of ids) await stores[0]?.servers.put(mediaServer(id, { capacity: 2_000 }))
  for (const store of stores) await store.servers.list()
  return new Doors(stores, ids, clock, redis, share)
}

function storeOn({ redis, clock, commandTimeoutMs }: DoorsOptions<Clock>): Store {
  const parts = { policy, clock, log: silentLog }
  if (!redis) return createMemoryStore(parts)
  const patience = commandTimeoutMs === undefined ? {} : { commandTimeoutMs }
  return createRedisStore({ ...parts, url: redis.url, fleet: 'bench', ...patience })
}

class Doors<C extends Clock> implements Portico<C> {
  notReplayed = 0
  readonly clock: C
  readonly #stores: readonly Store[]
  readonly #ids: readonly string[]
  readonly #redis: TestRedis | undefined
  readonly #share: () => number
  /** Calls that joined since each server told last. */
  readonly #joined: { readonly call: string; readonly at: number }[][]
  #isCut = false

  constructor(
    stores: readonly Store[],
    ids: readonly string[],
    clock: C,
    redis: TestRedis | undefined,
    share: () => number,
  ) {
    this.#stores = stores
    this.#ids = ids
    this.clock = clock
    this.#redis = redis
    this.#share = share
    this.#joined = ids.map(() => [])
  }

  async place(call: number, door: number, at: number): Promise<number> {
    const { ledger } = this.#store(door)
    const order = {
      call: `c${call}`,
      exclude: [],
      chance: this.#share(),
      at: this.clock.wall(),
      ttlMs: 15_000,
    }
    const choice = await ledger.reserve(order)
    if (choice.kind === 'none') throw new PorticoError('E_API', `nobody was chosen: ${choice.reason}`)
    if (replay(choice.decision) !== choice.server.id) this.notReplayed += 1
    await ledger.settle(order.call)
    const server = this.#ids.indexOf(choice.server.id)
    this.#joined[server]?.push({ call: order.call, at })
    return server
  }

  async ended(call: number, door: number): Promise<void> {
    await this.#store(door).ledger.end(`c${call}`)
  }

  /** Each server is collected by one door, as the leases have it. Without Redis nobody else hears of it. */
  async told(counts: readonly number[], seenUntil: number): Promise<void> {
    const takenAt = this.clock.wall()
    for (const [index, id] of this.#ids.entries()) {
      const { ledger } = this.#store(index % this.#stores.length)
      await ledger.putLoad(id, load({ waiting: counts[index] ?? 0, takenAt, boot: 1 }), 1)
      const joined = this.#joined[index] ?? []
      const seen = joined.filter(({ at }) => at <= seenUntil).length
      await ledger.release(joined.splice(0, seen).map(({ call }) => call))
    }
    if (this.#isCut) return
    for (const store of this.#stores) await store.ledger.candidates()
  }

  get ledgers(): readonly Ledger[] {
    return this.#stores.map(({ ledger }) => ledger)
  }

  async cutRedis(): Promise<void> {
    this.#isCut = true
    await this.#redis?.kill()
  }

  async stop(): Promise<void> {
    for (const store of this.#stores) await store.stop()
    await this.#redis?.stop()
  }

  #store(door: number): Store {
    const store = this.#stores[door]
    if (!store) throw new PorticoError('E_API', `there is no door ${door}`)
    return store
  }
}
