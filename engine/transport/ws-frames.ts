/** What bounds the frames of RFC 6455 §5.2 as they come in, seen from outside of whoever reads them. */
export interface FrameTracker {
  /** Takes in what the socket brought. */
  push(chunk: Buffer): void
  /** Whether a frame or a fragmented message has begun and not ended. */
  readonly isMidway: boolean
  /** How many data messages have ended so far. */
  readonly ended: number
}

/** A tracker that stands before the first frame. It checks nothing: that is the reader's business. */
export function createFrameTracker(): FrameTracker {
  return new Tracker()
}

class Tracker implements FrameTracker {
  ended = 0
  /** Bytes of the frame's head so far, and how many it has. */
  #head = 0
  #needed = 2
  #lengthBytes = 0
  #length = 0
  /** Bytes of the payload that are still to come. */
  #left = 0
  #isFinal = false
  #isControl = false
  #isFragmented = false

  get isMidway(): boolean {
    return this.#head > 0 || this.#left > 0 || this.#isFragmented
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
        if (this.#left === 0) this.#end()
      } else {
        this.#takeHead(chunk[at] ?? 0)
        at += 1
      }
    }
  }

  #takeHead(byte: number): void {
    const at = this.#head
    this.#head += 1
    if (at === 0) {
      this.#isFinal = (byte & 0x80) !== 0
      this.#isControl = (byte & 0x08) !== 0
    } else if (at === 1) {
      this.#length = byte & 0x7f
      this.#lengthBytes = this.#length < 126 ? 0 : this.#length === 126 ? 2 : 8
      this.#needed = 2 + this.#lengthBytes + ((byte & 0x80) === 0 ? 0 : 4)
      if (this.#lengthBytes > 0) this.#length = 0
    } else if (at < 2 + this.#lengthBytes) {
      this.#length = this.#length * 256 + byte
    }
    if (this.#head < this.#needed) return
    this.#head = 0
    this.#needed = 2
    this.#left = this.#length
    if (this.#left === 0) this.#end()
  }

  #end(): void {
    if (this.#isControl) return
    this.#isFragmented = !this.#isFinal
    if (this.#isFinal) this.ended += 1
  }
}
