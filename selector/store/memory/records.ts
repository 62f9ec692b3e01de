import type { RecordLog, StoredRecord } from '../store.ts'

/** The last records of this process. */
export class MemoryRecords implements RecordLog {
  readonly #most: number
  #records: StoredRecord[] = []

  constructor(most = mostRecords) {
    this.#most = most
  }

  async put(record: StoredRecord): Promise<void> {
    this.#records.push(record)
    // A good part at once, so that moving the rest is rare.
    if (this.#records.length >= this.#most * 1.25) this.#records = this.#records.slice(-this.#most)
  }

  async last(count: number): Promise<readonly StoredRecord[]> {
    return this.#records.slice(-Math.min(count, this.#most)).toReversed()
  }
}

/** How many records are kept, in a process or in Redis; a file keeps all. */
export const mostRecords = 10_000
