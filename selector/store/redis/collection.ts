import type { z } from 'zod'
import { PorticoError } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import { createListeners } from '../listeners.ts'
import type { CollectionName, Keys } from '../keys.ts'
import { fromJson, versionedSchema } from '../schemas.ts'
import type { Collection, Versioned } from '../store.ts'
import type { Changes } from './changes.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** What the collections of one fleet share. */
export interface CollectionParts {
  readonly connection: Connection
  readonly keys: Keys
  readonly changes: Changes
  readonly garbage: Garbage
  readonly log: Log
}

/** A collection in Redis that can still be read while Redis is away. */
export interface RedisCollection<T extends { readonly id: string }> extends Collection<T> {
  /** Reads everything for the first time. */
  start(): Promise<void>
  /** What was last seen of it. */
  view(): readonly T[]
}

/** The collection `name`. `also` names keys that go with a removed object. Writes reject with `E_STORE_READ_ONLY` while Redis is away. */
export function createRedisCollection<T extends { readonly id: string }>(
  name: CollectionName,
  item: z.ZodType<T>,
  { connection, keys, changes, garbage, log }: CollectionParts,
  also: (id: string) => readonly string[] = () => [],
): RedisCollection<T> {
  const key = keys.collection(name)
  const row = versionedSchema(item)
  const listeners = createListeners(log)
  let view = new Map<string, Versioned<T>>()

  /** The row under an id, if it is one, and that id's. */
  function parse(id: string, json: string): Versioned<T> | undefined {
    const parsed = fromJson(row, json)
    return garbage.check(`${key} ${id}`, parsed?.item.id === id ? parsed : undefined)
  }

  async function refresh(): Promise<void> {
    const stored = await connection.ask(redis => redis.hgetall(key))
    const found = Object.entries(stored).flatMap(([id, json]) => parse(id, json) ?? [])
    view = new Map(found.map(one => [one.item.id, one]))
  }

  function rows(): readonly Versioned<T>[] {
    return [...view.values()].toSorted((a, b) => (a.item.id < b.item.id ? -1 : 1))
  }

  async function get(id: string): Promise<Versioned<T> | undefined> {
    try {
      const json = await connection.ask(redis => redis.hget(key, id))
      return json === null ? undefined : parse(id, json)
    } catch {
      return view.get(id)
    }
  }

  changes.on(name, () => {
    void connection.tryTo(refresh).then(() => listeners.notify())
  })
  return {
    start: refresh,
    view: () => rows().map(found => found.item),
    get,
    async list() {
      await connection.tryTo(refresh)
      return rows()
    },
    async put(object, expect) {
      const args = [name, object.id, JSON.stringify(object), expect ?? '', keys.changes]
      const version = await writing(connection.run('put', [key, keys.versions], args))
      if (version === 0) return undefined
      const written = { item: object, version }
      if (version > (view.get(object.id)?.version ?? 0)) view.set(object.id, written)
      return written
    },
    async remove(id) {
      const gone = [key, keys.versions, ...also(id)]
      const removed = (await writing(connection.run('remove', gone, [name, id, keys.changes]))) === 1
      view.delete(id)
      return removed
    },
    onChange: listener => listeners.add(listener),
  }
}

async function writing(result: Promise<unknown>): Promise<number> {
  try {
    return Number(await result)
  } catch (cause) {
    if (!(cause instanceof PorticoError) || cause.code !== 'E_REDIS_UNREACHABLE') throw cause
    throw new PorticoError(
      'E_STORE_READ_ONLY',
      `${cause.message}; configuration can be read but not written until Redis is back`,
      { cause },
    )
  }
}
