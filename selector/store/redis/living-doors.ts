import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import type { Connection } from './connection.ts'

export interface LivingDoorsParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly clock: Clock
  /** How long a door lives after its last sign. */
  readonly ttlMs: number
}

/** Which doors live: each shows a sign again and again, and one that died shows none. What they say rejects with `E_REDIS_UNREACHABLE`. */
export class LivingDoors {
  readonly #parts: LivingDoorsParts
  /** The doors of this process. */
  readonly #own = new Set<string>()

  constructor(parts: LivingDoorsParts) {
    this.#parts = parts
  }

  /** A door of this process lives from now on, as long as that is renewed. */
  async add(door: string): Promise<void> {
    this.#own.add(door)
    await this.#show([door])
  }

  /** A door has closed, and is missed at once. */
  async remove(door: string): Promise<void> {
    const { connection, keys } = this.#parts
    this.#own.delete(door)
    await connection.ask(redis => redis.zrem(keys.doors, door))
  }

  /** Shows again that the doors of this process live. */
  async renew(): Promise<void> {
    const { connection, keys, clock } = this.#parts
    await this.#show([...this.#own])
    await connection.ask(redis => redis.zremrangebyscore(keys.doors, '-inf', clock.wall()))
  }

  async list(): Promise<readonly string[]> {
    const { connection, keys, clock } = this.#parts
    return await connection.ask(redis => redis.zrangebyscore(keys.doors, `(${clock.wall()}`, '+inf'))
  }

  async #show(doors: readonly string[]): Promise<void> {
    const { connection, keys, clock, ttlMs } = this.#parts
    const until = clock.wall() + ttlMs
    const signs = doors.flatMap(door => [until, door])
    if (signs.length > 0) await connection.ask(redis => redis.zadd(keys.doors, ...signs))
  }
}
