/** Ids in the order of a score, equal scores in the order of the ids: what a sorted set is in Redis. */
export class SortedSet {
  readonly #members: Member[] = []
  readonly #scores = new Map<string, number>()

  get size(): number {
    return this.#members.length
  }

  /** Puts an id in, or moves it to another score. */
  set(id: string, score: number): void {
    const old = this.#scores.get(id)
    if (old === score) return
    if (old !== undefined) this.delete(id)
    this.#scores.set(id, score)
    this.#members.splice(this.#before(score, id), 0, { id, score })
  }

  delete(id: string): void {
    const score = this.#scores.get(id)
    if (score === undefined) return
    this.#scores.delete(id)
    this.#members.splice(this.#before(score, id), 1)
  }

  score(id: string): number | undefined {
    return this.#scores.get(id)
  }

  /** The member at that place, counted from 0. */
  at(index: number): Member | undefined {
    return this.#members[index]
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
    let high = this.#members.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const member = this.#members[middle]
      const isBefore =
        member !== undefined && (member.score < score || (member.score === score && member.id < id))
      if (isBefore) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** An id and its score. */
export interface Member {
  readonly id: string
  readonly score: number
}

/** After every id. */
const last = '\u{10ffff}'
