import type { Log } from '../../../runtime/log.ts'
import { createListeners } from '../listeners.ts'
import type { Collection, Versioned } from '../store.ts'
import type { DurableTables } from './durable-tables.ts'
import type { Tables } from './snapshot.ts'

/** One of the durable tables as a collection; `pick` says which. */
export function createMemoryCollection<T extends { readonly id: string }>(
  durable: DurableTables,
  pick: (tables: Tables) => Map<string, Versioned<T>>,
  log: Log,
): Collection<T> {
  const listeners = createListeners(log)
  return {
    list: async () => [...pick(durable.tables).values()].toSorted((a, b) => (a.item.id < b.item.id ? -1 : 1)),
    get: async id => pick(durable.tables).get(id),
    async put(item, expect) {
      const written = await durable.edit(draft => putInto(pick(draft), item, expect))
      if (written) listeners.notify()
      return written
    },
    async remove(id) {
      const removed = await durable.edit(draft => pick(draft).delete(id))
      if (removed) listeners.notify()
      return removed
    },
    onChange: listener => listeners.add(listener),
  }
}

function putInto<T extends { readonly id: string }>(
  table: Map<string, Versioned<T>>,
  item: T,
  expect: number | undefined,
): Versioned<T> | undefined {
  const version = table.get(item.id)?.version ?? 0
  if (expect !== undefined && expect !== version) return undefined
  const written = { item: structuredClone(item), version: version + 1 }
  table.set(item.id, written)
  return written
}
