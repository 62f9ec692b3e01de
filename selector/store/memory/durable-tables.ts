import { copyTables, emptyTables, readSnapshot, writeSnapshot, type Tables } from './snapshot.ts'

/**
 * The operator's tables in memory, with a copy on disk that is never older. Edits made while one write is under way
 * go to disk together with the next.
 */
export class DurableTables {
  readonly #dataDir: string | undefined
  #tables: Tables = emptyTables()
  #waiting: Edit[] = []
  #writing: Promise<void> | undefined

  /** Without `dataDir` nothing is kept on disk. */
  constructor(dataDir?: string) {
    this.#dataDir = dataDir
  }

  /** Reads what was kept. Rejects with `E_STORE`. */
  async load(): Promise<void> {
    if (this.#dataDir !== undefined) this.#tables = await readSnapshot(this.#dataDir)
  }

  /** What is durable now. Not to be changed but by `edit`. */
  get tables(): Tables {
    return this.#tables
  }

  /** Resolves to the result of `apply` once what it did is durable; rejects with `E_STORE` when nothing was done. */
  edit<T>(apply: (draft: Tables) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        apply(draft) {
          const result = apply(draft)
          return () => resolve(result)
        },
        reject,
      })
      this.#writing ??= this.#writeAll()
    })
  }

  /** Resolves when no edit is under way. */
  async settled(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0))
    this.#writing = undefined
  }

  async #write(edits: readonly Edit[]): Promise<void> {
    const draft = copyTables(this.#tables)
    const done = edits.map(edit => edit.apply(draft))
    try {
      if (this.#dataDir !== undefined) await writeSnapshot(this.#dataDir, draft)
    } catch (cause) {
      for (const edit of edits) edit.reject(cause)
      return
    }
    this.#tables = draft
    for (const resolve of done) resolve()
  }
}

interface Edit {
  /** Changes the draft; the returned function tells the one who asked. */
  apply(draft: Tables): () => void
  reject(cause: unknown): void
}
