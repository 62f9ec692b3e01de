/** What a table can hold. */
export interface Entry {
  readonly id: string
  readonly key: string
}

/** Live transactions of one side, found by id and by what the messages of a peer show. */
export class TransactionTable<T extends Entry> {
  readonly #byId = new Map<string, T>()
  readonly #byKey = new Map<string, T>()
  readonly #groupOf: (entry: T) => string | undefined
  readonly #groups = new Map<string, Set<T>>()

  /** `groupOf` names what else entries are found and counted by, e.g. the connection they depend on. */
  constructor(groupOf: (entry: T) => string | undefined) {
    this.#groupOf = groupOf
  }

  get size(): number {
    return this.#byKey.size
  }

  /** An id that is there already means the new entry from now on; the old one is still found by its key. */
  add(entry: T): void {
    this.#byId.set(entry.id, entry)
    this.#byKey.set(entry.key, entry)
    const name = this.#groupOf(entry)
    if (name === undefined) return
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, new Set([entry]))
    else group.add(entry)
  }

  /** One that is not in the table is no error. */
  remove(entry: T): void {
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id)
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key)
    const name = this.#groupOf(entry)
    const group = name === undefined ? undefined : this.#groups.get(name)
    if (name === undefined || group === undefined) return
    group.delete(entry)
    if (group.size === 0) this.#groups.delete(name)
  }

  byId(id: string): T | undefined {
    return this.#byId.get(id)
  }

  byKey(key: string): T | undefined {
    return this.#byKey.get(key)
  }

  /** The entries of a group, in the order they came; a copy. */
  group(name: string): readonly T[] {
    return [...(this.#groups.get(name) ?? [])]
  }

  groupSize(name: string): number {
    return this.#groups.get(name)?.size ?? 0
  }

  all(): readonly T[] {
    return [...this.#byKey.values()]
  }
}
