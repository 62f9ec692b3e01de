/** What depends on which connection. */
export class FlowIndex {
  readonly #items = new Map<string, Set<string>>()

  /** `item` depended on `before` and depends on `after` from now on; undefined stands for no connection. */
  move(item: string, before: string | undefined, after: string | undefined): void {
    if (before === after) return
    const left = before === undefined ? undefined : this.#items.get(before)
    left?.delete(item)
    if (before !== undefined && left?.size === 0) this.#items.delete(before)
    if (after === undefined) return
    const joined = this.#items.get(after)
    if (joined === undefined) this.#items.set(after, new Set([item]))
    else joined.add(item)
  }

  /** What depends on `flow`; a copy. */
  of(flow: string): readonly string[] {
    return [...(this.#items.get(flow) ?? [])]
  }
}
