/** Numbers that look random and follow from a seed alone (sfc32). Streams of different names never touch each other. */
export class Chance {
  #a: number
  #b: number
  #c: number
  #count = 1
  readonly #seed: number
  readonly #name: string

  constructor(seed: number, name = '') {
    this.#seed = seed
    this.#name = name
    this.#a = hashOf(`${seed} a ${name}`)
    this.#b = hashOf(`${seed} b ${name}`)
    this.#c = hashOf(`${seed} c ${name}`)
    for (let n = 0; n < 12; n++) this.#word()
  }

  /** A stream of its own for one part of the world, so that what one part draws never changes what another gets. */
  stream(name: string): Chance {
    return new Chance(this.#seed, `${this.#name}/${name}`)
  }

  /** 0 ≤ x < 1. */
  share(): number {
    return this.#word() / 2 ** 32
  }

  /** True in `share` of all cases. */
  is(share: number): boolean {
    return this.share() < share
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.share() * (to - from + 1))
  }

  between(from: number, to: number): number {
    return from + this.share() * (to - from)
  }

  /** Waiting time of events that come every `mean` on average and know nothing of each other. */
  wait(mean: number): number {
    return -Math.log(1 - this.share()) * mean
  }

  /** Throws `RangeError` on an empty list. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.whole(0, list.length - 1)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }

  /** As `EngineOptions.random`. */
  hex(bytes: number): string {
    let text = ''
    while (text.length < bytes * 2) text += this.#word().toString(16).padStart(8, '0')
    return text.slice(0, bytes * 2)
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash | 0
}
