/**
 * Ids in the order of a score, equal scores in the order of the ids: what a sorted set is in Redis. Kept in short blocks, so that what is put
 * in or moved makes few others give way, however many there are.
 */
export class SortedSet {
  /** In order; none is empty. */
  readonly #blocks: Block[] = []
  readonly #scores = new Map<string, number>()
  /** Blocks that were emptied, to be filled again: what is put in at one end and taken out at the other needs no new ones. */
  readonly #spare: Block[] = []

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
    for (const block of this.#blocks) {
      if (rest < block.size) return memberOf(block, rest)
      rest -= block.size
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

  /** How many members have that score or a lower one. */
  upTo(score: number): number {
    return this.#before(score, last)
  }

  /** How many members stand before that score and id. */
  #before(score: number, id: string): number {
    const at = this.#blockOf(score, id)
    let before = 0
    for (let index = 0; index < at; index++) before += this.#blocks[index]?.size ?? 0
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
      if (block && standsBefore(block, block.size - 1, score, id)) low = middle + 1
      else high = middle
    }
    return low
  }

  #put(id: string, score: number): void {
    // What belongs behind all others goes to the end of the last block.
    const at = Math.max(0, Math.min(this.#blockOf(score, id), this.#blocks.length - 1))
    const block = this.#blocks[at] ?? this.#firstBlock()
    insert(block, placeIn(block, score, id), score, id)
    if (block.size === mostInBlock) this.#blocks.splice(at + 1, 0, moveHalf(block, this.#emptyBlock()))
  }

  #firstBlock(): Block {
    const block = this.#emptyBlock()
    this.#blocks.push(block)
    return block
  }

  #emptyBlock(): Block {
    return this.#spare.pop() ?? emptyBlock()
  }

  #take(id: string, score: number): void {
    const at = this.#blockOf(score, id)
    const block = this.#blocks[at]
    if (!block) return
    remove(block, placeIn(block, score, id))
    if (block.size === 0) this.#spare.push(...this.#blocks.splice(at, 1))
  }
}

/** An id and its score. */
export interface Member {
  readonly id: string
  readonly score: number
}

/** A stretch of the order, in lists of a fixed length: the score of each id stands at the same place of the other list. */
interface Block {
  size: number
  readonly ids: string[]
  readonly scores: Float64Array
}

function emptyBlock(): Block {
  return {
    size: 0,
    ids: Array.from({ length: mostInBlock }, () => ''),
    scores: new Float64Array(mostInBlock),
  }
}

function memberOf({ ids, scores }: Block, place: number): Member {
  return { id: ids[place] ?? '', score: scores[place] ?? 0 }
}

function insert(block: Block, place: number, score: number, id: string): void {
  const { ids, scores } = block
  for (let at = block.size; at > place; at--) {
    ids[at] = ids[at - 1] ?? ''
    scores[at] = scores[at - 1] ?? 0
  }
  ids[place] = id
  scores[place] = score
  block.size += 1
}

function remove(block: Block, place: number): void {
  const { ids, scores } = block
  block.size -= 1
  for (let at = place; at < block.size; at++) {
    ids[at] = ids[at + 1] ?? ''
    scores[at] = scores[at + 1] ?? 0
  }
  ids[block.size] = ''
}

/** Moves the second half of a full block to an empty one. */
function moveHalf(full: Block, empty: Block): Block {
  const half = full.size >>> 1
  for (let at = half; at < full.size; at++) {
    const { id, score } = memberOf(full, at)
    insert(empty, at - half, score, id)
    full.ids[at] = ''
  }
  full.size = half
  return empty
}

/** How many members of a block stand before that score and id. */
function placeIn(block: Block, score: number, id: string): number {
  let low = 0
  let high = block.size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (standsBefore(block, middle, score, id)) low = middle + 1
    else high = middle
  }
  return low
}

function standsBefore({ ids, scores }: Block, place: number, score: number, id: string): boolean {
  const other = scores[place] ?? 0
  return other < score || (other === score && (ids[place] ?? '') < id)
}

const mostInBlock = 64
/** After every id. */
const last = '\u{10ffff}'
