/** Ids in the order of a score, equal scores in the order of the ids: what a sorted set is in Redis. */
export class SortedSet {
  /** In order; the score of each stands at the same place of the other list. */
  readonly #ids: string[] = []
  readonly #inOrder: number[] = []
  readonly #scores = new Map<string, number>()

  get size(): number {
    return this.#ids.length
  }

  /** Puts an id in, or moves it to another score. */
  set(id: string, score: number): void {
    const old = this.#scores.get(id)
    if (old === score) return
    const to = this.#before(score, id)
    const from = old === undefined ? this.size : this.#before(old, id)
    this.#scores.set(id, score)
    // What stands between its two places moves up by one, and most moves are short ones.
    this.#move(from, to > from ? to - 1 : to, id, score)
  }

  delete(id: string): void {
    const score = this.#scores.get(id)
    if (score === undefined) return
    this.#move(this.#before(score, id), this.size - 1, id, score)
    this.#scores.delete(id)
    this.#ids.pop()
    this.#inOrder.pop()
  }

  score(id: string): number | undefined {
    return this.#scores.get(id)
  }

  /** The member at that place, counted from 0. */
  at(index: number): Member | undefined {
    const [id, score] = [this.#ids[index], this.#inOrder[index]]
    return id === undefined || score === undefined ? undefined : { id, score }
  }

  /** The place of an id that is in the set. */
  indexOf(id: string): number {
    const score = this.#scores.get(id)
    return score === undefined ? -1 : this.#before(score, id)
  }

  /** How many members have a lower score. */
  below(score: number): number {
    return this.#before(score, '')
  }

  /** How many members have exactly that score. */
  equal(score: number): number {
    return this.#before(score, last) - this.below(score)
  }

  /** How many members stand before that score and id. */
  #before(score: number, id: string): number {
    let low = 0
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#inOrder[middle] ?? Infinity
      if (other < score || (other === score && (this.#ids[middle] ?? '') < id)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Takes what is at one place, or beyond the end, to another; all between give way by one. */
  #move(from: number, to: number, id: string, score: number): void {
    const step = from < to ? 1 : -1
    const [ids, scores] = [this.#ids, this.#inOrder]
    for (let at = from; at !== to; at += step) {
      ids[at] = ids[at + step] ?? ''
      scores[at] = scores[at + step] ?? 0
    }
    ids[to] = id
    scores[to] = score
  }
}

/** An id and its score. */
export interface Member {
  readonly id: string
  readonly score: number
}

/** After every id. */
const last = '\u{10ffff}'
