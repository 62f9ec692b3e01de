import type { Keys } from '../keys.ts'
import { MemoryRecords, mostRecords } from '../memory/records.ts'
import { fromJson, recordSchema } from '../schemas.ts'
import type { RecordLog } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Records of all doors. Those of calls that end while Redis is away are put back when it returns. */
export interface RedisRecords extends RecordLog {
  restore(): Promise<void>
}

/** A stream that is trimmed to the last records. */
export function createRedisRecords({
  connection,
  keys,
  garbage,
}: {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
}): RedisRecords {
  let late = new MemoryRecords()

  const write = (record: unknown): Promise<unknown> =>
    connection.ask(redis =>
      redis.xadd(keys.records, 'MAXLEN', '~', mostRecords, '*', 'record', JSON.stringify(record)),
    )

  return {
    async put(record) {
      if (!(await connection.tryTo(() => write(record)))) await late.put(record)
    },
    async last(count) {
      try {
        const entries = await connection.ask(redis => redis.xrevrange(keys.records, '+', '-', 'COUNT', count))
        return entries.flatMap(([id, [, json = '']]) => {
          return garbage.check(`${keys.records} ${id}`, fromJson(recordSchema, json)) ?? []
        })
      } catch {
        return await late.last(count)
      }
    },
    async restore() {
      const waiting = await late.last(mostRecords)
      late = new MemoryRecords()
      for (const record of waiting.toReversed()) await this.put(record)
    },
  }
}
