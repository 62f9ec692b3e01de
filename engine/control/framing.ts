/** What a chunk completed. `fault` says why nothing more can be read from this stream. */
export interface Read {
  readonly payloads: readonly Buffer[]
  readonly fault?: 'length-is-no-number' | 'frame-too-long'
}

/** One frame: length of the payload in bytes, `#`, leader line and, when there is a message, CRLF and the message. */
export function frame(leader: string, message?: Buffer): Buffer {
  const leaderBytes = Buffer.byteLength(leader)
  if (message === undefined) return Buffer.from(`${leaderBytes}#${leader}`)
  const prefix = `${leaderBytes + 2 + message.length}#`
  const bytes = Buffer.allocUnsafe(prefix.length + leaderBytes + 2 + message.length)
  bytes.write(prefix, 0, 'latin1')
  bytes.write(leader, prefix.length, 'utf8')
  bytes.write('\r\n', prefix.length + leaderBytes, 'latin1')
  message.copy(bytes, prefix.length + leaderBytes + 2)
  return bytes
}

/** Cuts the byte stream of one connection into payloads. Never holds more than one frame of the allowed size and one chunk. */
export class FrameReader {
  readonly #limit: number
  #chunks: Buffer[] = []
  #held = 0
  #wanted = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  push(chunk: Buffer): Read {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    // Joined only when a frame may be complete, so that a large frame in many chunks is copied once.
    if (this.#held < this.#wanted) return { payloads: [] }
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const payloads: Buffer[] = []
    let start = 0
    for (;;) {
      const head = readLength(bytes, start, this.#limit)
      if (head.kind === 'fault') return { payloads, fault: head.fault }
      if (head.kind === 'partial' || bytes.length < head.end) {
        this.#keep(bytes.subarray(start), head.kind === 'partial' ? 0 : head.end - start)
        return { payloads }
      }
      payloads.push(bytes.subarray(head.start, head.end))
      start = head.end
    }
  }

  #keep(rest: Buffer, wanted: number): void {
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#held = rest.length
    this.#wanted = wanted
  }
}

type Head =
  | { readonly kind: 'partial' }
  | { readonly kind: 'fault'; readonly fault: NonNullable<Read['fault']> }
  | { readonly kind: 'whole'; readonly start: number; readonly end: number }

const hash = 0x23
const zero = 0x30
const nine = 0x39
const maxDigits = 10

function readLength(bytes: Buffer, start: number, limit: number): Head {
  let length = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === hash && at > start) {
      if (length > limit) return { kind: 'fault', fault: 'frame-too-long' }
      return { kind: 'whole', start: at + 1, end: at + 1 + length }
    }
    if (byte < zero || byte > nine) return { kind: 'fault', fault: 'length-is-no-number' }
    if (at - start >= maxDigits) return { kind: 'fault', fault: 'frame-too-long' }
    length = length * 10 + (byte - zero)
  }
  return { kind: 'partial' }
}
