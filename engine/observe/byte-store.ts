/**
 * Byte strings in one piece of memory that is taken once: however many there are, they are one object to the garbage collector,
 * and what they were copied from need not live on. Each fills blocks of 512 bytes, the last one of them in part.
 */
export class ByteStore {
  readonly #memory: Buffer
  /** By block: the one in which its string goes on, or the next free one. */
  readonly #next: Uint32Array
  /** By the first block of a string. */
  readonly #lengths: Uint32Array
  #firstFree = 0
  #free: number

  constructor(capacity: number) {
    this.#free = Math.floor(capacity / blockBytes)
    this.#memory = Buffer.alloc(this.#free * blockBytes)
    this.#next = Uint32Array.from({ length: this.#free }, (_, block) => block + 1)
    this.#lengths = new Uint32Array(this.#free)
  }

  /** Whether so many bytes had room if nothing else were there. */
  canHold(length: number): boolean {
    return length <= this.#memory.length
  }

  /**
   * Takes a copy of `head`, of which 256 characters of Latin-1 count, and `bytes` behind it; it is found under the number that is returned.
   * Undefined when there is no room.
   */
  put(head: string, bytes: Buffer): number | undefined {
    const start = Math.min(head.length, longestHead)
    const length = start + bytes.length
    if (blocksFor(length) > this.#free) return undefined
    const first = this.#take()
    this.#lengths[first] = length
    this.#memory.write(head, first * blockBytes, start, 'latin1')
    let from = bytes.copy(this.#memory, first * blockBytes + start, 0, blockBytes - start)
    for (let last = first; from < bytes.length; from += blockBytes) {
      const block = this.#take()
      this.#next[last] = block
      bytes.copy(this.#memory, block * blockBytes, from, from + blockBytes)
      last = block
    }
    return first
  }

  /** A copy of what was put. */
  get(first: number): Buffer {
    const bytes = Buffer.alloc(this.#lengths[first] ?? 0)
    let block = first
    for (let at = 0; at < bytes.length; at += blockBytes) {
      this.#memory.copy(bytes, at, block * blockBytes, (block + 1) * blockBytes)
      block = this.#next[block] ?? 0
    }
    return bytes
  }

  /** Gives the room back; the number means nothing from then on. */
  drop(first: number): void {
    const count = blocksFor(this.#lengths[first] ?? 0)
    let last = first
    for (let more = 1; more < count; more++) last = this.#next[last] ?? 0
    this.#next[last] = this.#firstFree
    this.#firstFree = first
    this.#free += count
  }

  #take(): number {
    const block = this.#firstFree
    this.#firstFree = this.#next[block] ?? 0
    this.#free -= 1
    return block
  }
}

function blocksFor(length: number): number {
  return Math.max(1, Math.ceil(length / blockBytes))
}

const blockBytes = 512
const longestHead = 256
