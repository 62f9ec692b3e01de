import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import type { Keys } from '../keys.ts'
import { MemorySessions } from '../memory/sessions.ts'
import { fromJson, sessionSchema } from '../schemas.ts'
import type { Session, SessionStore } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Calls in progress at all doors. Those of a door that no longer renews them vanish. */
export interface RedisSessions extends SessionStore {
  /** Asserts every session that this process put. */
  renew(): Promise<void>
}

/** What the sessions need. */
export interface SessionParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
  readonly clock: Clock
  /** How long a door's sessions outlive its last word. */
  readonly ttlMs: number
}

/** Sessions are kept door by door, so that one expiry ends all of a door's. */
export function createRedisSessions({
  connection,
  keys,
  garbage,
  clock,
  ttlMs,
}: SessionParts): RedisSessions {
  const own = new MemorySessions()
  const doors = new Set<string>()

  async function write(redis: Redis, door: string, sessions: readonly Session[]): Promise<void> {
    const transaction = redis.multi()
    // What an earlier life of this door left behind would never expire once we renew the key.
    if (!doors.has(door)) transaction.del(keys.sessions(door))
    for (const session of sessions) transaction.hset(keys.sessions(door), session.id, JSON.stringify(session))
    transaction.pexpire(keys.sessions(door), ttlMs)
    transaction.zadd(keys.doors, clock.wall() + ttlMs, door)
    await transaction.exec()
    doors.add(door)
  }

  async function read(redis: Redis): Promise<readonly Session[]> {
    const alive = await redis.zrangebyscore(keys.doors, `(${clock.wall()}`, '+inf')
    const pipeline = redis.pipeline()
    for (const door of alive) pipeline.hgetall(keys.sessions(door))
    const replies = (await pipeline.exec()) ?? []
    return replies.flatMap(([, reply], index) => {
      const place = keys.sessions(alive[index] ?? '')
      const rows = garbage.check(place, rowsSchema.safeParse(reply).data) ?? {}
      return Object.entries(rows).flatMap(
        ([id, json]) => garbage.check(`${place} ${id}`, fromJson(sessionSchema, json)) ?? [],
      )
    })
  }

  return {
    async put(session) {
      await own.put(session)
      await connection.tryTo(() => connection.ask(redis => write(redis, session.door, [session])))
    },
    async remove(id) {
      const door = own.get(id)?.door
      await own.remove(id)
      if (door === undefined) return
      await connection.tryTo(() => connection.ask(redis => redis.hdel(keys.sessions(door), id)))
    },
    async list() {
      return await connection.ask(read).catch(() => own.list())
    },
    async renew() {
      for (const door of doors) {
        const sessions = own.all().filter(session => session.door === door)
        await connection.ask(redis => write(redis, door, sessions))
      }
      await connection.ask(redis => redis.zremrangebyscore(keys.doors, '-inf', clock.wall()))
    },
  }
}

const rowsSchema = z.record(z.string(), z.string())
