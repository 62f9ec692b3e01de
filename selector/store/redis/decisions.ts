import type { Decision } from '../../domain/decision.ts'
import type { Keys } from '../keys.ts'
import { MemoryDecisions, mostDecisions, mostOfOneCall } from '../memory/decisions.ts'
import { decisionSchema, fromJson } from '../schemas.ts'
import type { DecisionLog } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Garbage } from './garbage.ts'

/** Decisions of all doors. Those made while Redis is away are known to the door that made them only. */
export function createRedisDecisions({
  connection,
  keys,
  garbage,
}: {
  readonly connection: Connection
  readonly keys: Keys
  readonly garbage: Garbage
}): DecisionLog {
  const own = new MemoryDecisions()

  async function read(call: string): Promise<readonly Decision[]> {
    const ids = await connection.ask(redis => redis.lrange(keys.decision(call), 0, -1))
    const found = await connection.askMany(pipeline => {
      for (const id of ids) pipeline.xrange(keys.decisions, id, id)
    })
    return found.flatMap((entries, index) => {
      const json = jsonOf(entries)
      if (json === undefined) return []
      const place = `${keys.decisions} ${ids[index]}`
      return garbage.check(place, fromJson(decisionSchema, json)) ?? []
    })
  }

  return {
    async put(decision) {
      const args = [JSON.stringify(decision), mostDecisions, listTtlMs, mostOfOneCall]
      const isWritten = await connection.tryTo(() =>
        connection.run('record', [keys.decisions, keys.decision(decision.call)], args),
      )
      if (!isWritten) await own.put(decision)
    },
    async of(call) {
      const ownOnes = await own.of(call)
      const shared = await read(call).catch((): readonly Decision[] => [])
      return [...shared, ...ownOnes].toSorted((a, b) => a.at - b.at)
    },
  }
}

/** The only field of the only entry of an answer to XRANGE. */
function jsonOf(entries: unknown): string | undefined {
  const entry: unknown = Array.isArray(entries) ? entries[0] : undefined
  const fields: unknown = Array.isArray(entry) ? entry[1] : undefined
  const json: unknown = Array.isArray(fields) ? fields[1] : undefined
  return typeof json === 'string' ? json : undefined
}

const listTtlMs = 86_400_000
