/**
 * Ids in the order of a score, equal scores in the order of the ids: what a sorted set is in Redis. Kept in short blocks, so that what is put
 * in or moved makes few others give way, however many there are.
 */
export class SortedSet {
  /** In order; none is empty. */
  readonly #blocks: Block[] = []
  readonly #scores = new Map<string, number>()

  get size(): number {
    return this.#scores.size
  }

  /** Puts an id in, or moves it to another score. */
  set(id: string, score: number): void {
    const old = this.#scores.get(id)
    if (old === score) return
    if (old !== undefined) this.#take(id, old)
    this.#scores.set(id, score)
    this.#put(id, score)
  }

  delete(id: string): void {
    const score = this.#scores.get(id)
    if (score === undefined) return
    this.#scores.delete(id)
    this.#take(id, score)
  }

  score(id: string): number | undefined {
    return this.#scores.get(id)
  }

  /** The member at that place, counted from 0. */
  at(index: number): Member | undefined {
    let rest = index
    for (const { ids, scores } of this.#blocks) {
      const [id, score] = [ids[rest], scores[rest]]
      if (id !== undefined && score !== undefined) return { id, score }
      rest -= ids.length
    }
    return undefined
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
    const at = this.#blockOf(score, id)
    let before = 0
    for (let index = 0; index < at; index++) before += this.#blocks[index]?.ids.length ?? 0
    const block = this.#blocks[at]
    return block ? before + placeIn(block, score, id) : before
  }

  /** The first block that ends with that score and id or behind it; one too many when all end before. */
  #blockOf(score: number, id: string): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const block = this.#blocks[middle]
      if (block && standsBefore(block, block.ids.length - 1, score, id)) low = middle + 1
      else high = middle
    }
    return low
  }

  #put(id: string, score: number): void {
    // What belongs behind all others goes to the end of the last block.
    const at = Math.max(0, Math.min(this.#blockOf(score, id), this.#blocks.length - 1))
    const block = this.#blocks[at]
    if (!block) return void this.#blocks.push({ ids: [id], scores: [score] })
    const place = placeIn(block, score, id)
    block.ids.splice(place, 0, id)
    block.scores.splice(place, 0, score)
    if (block.ids.length <= mostInBlock) return
    const half = mostInBlock >>> 1
    this.#blocks.splice(at + 1, 0, { ids: block.ids.splice(half), scores: block.scores.splice(half) })
  }

  #take(id: string, score: number): void {
    const at = this.#blockOf(score, id)
    const block = this.#blocks[at]
    if (!block) return
    const place = placeIn(block, score, id)
    block.ids.splice(place, 1)
    block.scores.splice(place, 1)
    if (block.ids.length === 0) this.#blocks.splice(at, 1)
  }
}

/** An id and its score. */
export interface Member {
  readonly id: string
  readonly score: number
}

/** A stretch of the order; the score of each id stands at the same place of the other list. */
interface Block {
  readonly ids: string[]
  readonly scores: number[]
}

/** How many members of a block stand before that score and id. */
function placeIn(block: Block, score: number, id: string): number {
  let low = 0
  let high = block.ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (standsBefore(block, middle, score, id)) low = middle + 1
    else high = middle
  }
  return low
}

function standsBefore({ ids, scores }: Block, place: number, score: number, id: string): boolean {
  const other = scores[place] ?? Infinity
  return other < score || (other === score && (ids[place] ?? '') < id)
}

const mostInBlock = 64
/** After every id. */
const last = '\u{10ffff}'
