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

  async function write(door: string, sessions: readonly Session[]): Promise<void> {
    const key = keys.sessions(door)
    await connection.askMany(pipeline => {
      // What an earlier life of this door left behind would never expire once we renew the key.
      if (!doors.has(door)) pipeline.del(key)
      for (const session of sessions) pipeline.hset(key, session.id, JSON.stringify(session))
      pipeline.pexpire(key, ttlMs).zadd(keys.doors, clock.wall() + ttlMs, door)
    })
    doors.add(door)
  }

  async function read(): Promise<readonly Session[]> {
    const now = clock.wall()
    const alive = await connection.ask(redis => redis.zrangebyscore(keys.doors, `(${now}`, '+inf'))
    const replies = await connection.askMany(pipeline => {
      for (const door of alive) pipeline.hgetall(keys.sessions(door))
    })
    return replies.flatMap((reply, index) => {
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
      await connection.tryTo(() => write(session.door, [session]))
    },
    async remove(id) {
      const door = own.get(id)?.door
      await own.remove(id)
      if (door === undefined) return
      await connection.tryTo(() => connection.ask(redis => redis.hdel(keys.sessions(door), id)))
    },
    async list() {
      return await read().catch(() => own.list())
    },
    async renew() {
      for (const door of doors) {
        const sessions = own.all().filter(session => session.door === door)
        await write(door, sessions)
      }
      await connection.ask(redis => redis.zremrangebyscore(keys.doors, '-inf', clock.wall()))
    },
  }
}

const rowsSchema = z.record(z.string(), z.string())
