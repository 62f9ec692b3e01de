import { z } from 'zod'
import type { Keys } from '../keys.ts'
import { MemorySessions } from '../memory/sessions.ts'
import { fromJson, sessionSchema } from '../schemas.ts'
import type { Session, SessionStore } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'
import type { LivingDoors } from './living-doors.ts'

/** Calls in progress at all doors. Those of a door that no longer renews them vanish. */
export interface RedisSessions extends SessionStore {
  /** Asserts every session that this process put. */
  renew(): Promise<void>
  /** Whether a living door has that call. Rejects with `E_REDIS_UNREACHABLE`. */
  has(id: string): Promise<boolean>
}

/** What the sessions need. */
export interface SessionParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
  readonly living: LivingDoors
  /** How long a door's sessions outlive its last word. */
  readonly ttlMs: number
}

/** Sessions are kept door by door, so that one expiry ends all of a door's. */
export function createRedisSessions(parts: SessionParts): RedisSessions {
  const { connection, keys, living, ttlMs } = parts
  const own = new MemorySessions()
  const doors = new Set<string>()

  async function write(door: string, sessions: readonly Session[]): Promise<void> {
    const key = keys.sessions(door)
    const isFirst = !doors.has(door)
    doors.add(door)
    const written = connection.askMany(pipeline => {
      // What an earlier life of this door left behind would never expire once we renew the key.
      if (isFirst) pipeline.del(key)
      for (const session of sessions) pipeline.hset(key, session.id, JSON.stringify(session))
      pipeline.pexpire(key, ttlMs)
    })
    await Promise.all([written, ...(isFirst ? [living.add(door)] : [])])
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
      return await read(parts).catch(() => own.list())
    },
    async has(id) {
      const alive = await living.list()
      const replies = await connection.askMany(pipeline => {
        for (const door of alive) pipeline.hexists(keys.sessions(door), id)
      })
      return replies.includes(1)
    },
    async renew() {
      for (const door of doors) {
        const sessions = own.all().filter(session => session.door === door)
        await write(door, sessions)
      }
    },
  }
}

/** Those of all living doors. */
async function read({ connection, keys, garbage, living }: SessionParts): Promise<readonly Session[]> {
  const doors = await living.list()
  const replies = await connection.askMany(pipeline => {
    for (const door of doors) pipeline.hgetall(keys.sessions(door))
  })
  return replies.flatMap((reply, index) => {
    const place = keys.sessions(doors[index] ?? '')
    const rows = garbage.check(place, rowsSchema.safeParse(reply).data) ?? {}
    return Object.entries(rows).flatMap(
      ([id, json]) => garbage.check(`${place} ${id}`, fromJson(sessionSchema, json)) ?? [],
    )
  })
}

const rowsSchema = z.record(z.string(), z.string())
