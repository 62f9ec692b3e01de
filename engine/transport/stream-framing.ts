/** What bounds one framed message. */
export interface FramerLimits {
  /** Bytes of one message, body included. */
  readonly message: number
}

/** What one chunk brought. After a `fault` the connection must be closed: nothing behind it can be trusted. */
export interface Framed {
  readonly messages: readonly Buffer[]
  /** Pings (double CRLF) that each want a CRLF back (RFC 5626 §4.4.1). */
  readonly keepAlives: number
  /** Stable and in kebab-case, e.g. `missing-content-length`. */
  readonly fault?: string
  /** With a fault: the head of the message that has it, when it is whole. It may be answered, and nothing else. */
  readonly broken?: Buffer
}

/** Cuts a byte stream into SIP messages (RFC 3261 §18.3); how the stream is cut into chunks makes no difference. */
export interface Framer {
  push(chunk: Buffer): Framed
  /** Whether a message has begun and not ended. */
  readonly isMidway: boolean
}

/** A framer for one connection. It holds less than one message; every other byte is handed out without a copy. */
export function createFramer(limits: FramerLimits): Framer {
  return new StreamFramer(limits)
}

class StreamFramer implements Framer {
  readonly #limits: FramerLimits
  /** The begun message is `#held` up to `#length`; what lies behind is room to grow, so that many small chunks cost linear time. */
  #held: Buffer = nothing
  #length = 0
  /** Whole size of the begun message; 0 until its headers have ended. */
  #needed = 0
  /** Whether the bytes before this point were one CRLF, the first half of a ping. */
  #halfPing = false
  #fault: string | undefined
  #broken: Buffer | undefined

  constructor(limits: FramerLimits) {
    this.#limits = limits
  }

  get isMidway(): boolean {
    // A CR alone may be the begin of a keep-alive.
    return this.#length > 1 || (this.#length === 1 && this.#held[0] !== cr)
  }

  push(chunk: Buffer): Framed {
    if (this.#fault !== undefined) return { messages: [], keepAlives: 0, fault: this.#fault }
    const searchFrom = this.#needed > 0 ? 0 : Math.max(0, this.#length - 3)
    const data = this.#length === 0 ? chunk : this.#appended(chunk)
    if (data.length < this.#needed) return none
    return this.#cut(data, searchFrom)
  }

  #cut(data: Buffer, searchFrom: number): Framed {
    const messages: Buffer[] = []
    let keepAlives = 0
    let at = 0
    let from = searchFrom
    for (;;) {
      this.#needed = 0
      const start = this.#skipLineBreaks(data, at)
      keepAlives += start.pings
      at = start.at
      if (start.at === data.length || start.waits) break
      const size = this.#sizeOf(data, at, Math.max(from, at))
      if (size === undefined) break
      messages.push(data.subarray(at, at + size))
      at += size
      from = at
    }
    this.#hold(data, at)
    if (this.#fault === undefined) return { messages, keepAlives }
    const faulty = { messages, keepAlives, fault: this.#fault }
    return this.#broken === undefined ? faulty : { ...faulty, broken: this.#broken }
  }

  /** Goes past the line breaks between messages; `waits` when a CR is the last byte, so that what it begins is unknown. */
  #skipLineBreaks(data: Buffer, from: number): { at: number; pings: number; waits: boolean } {
    let at = from
    let pings = 0
    while (data[at] === cr && data[at + 1] === lf) {
      if (this.#halfPing) pings++
      this.#halfPing = !this.#halfPing
      at += 2
    }
    const waits = data[at] === cr && at + 1 === data.length
    if (at < data.length && !waits) this.#halfPing = false
    return { at, pings, waits }
  }

  /** The size of the message at `at`; undefined while it has not wholly arrived, and after a fault. */
  #sizeOf(data: Buffer, at: number, searchFrom: number): number | undefined {
    const end = data.indexOf(blankLine, searchFrom)
    const headLength = (end === -1 ? data.length : end + 4) - at
    if (headLength > this.#limits.message) return this.#break('message-too-large')
    if (end === -1) return undefined
    const head = data.subarray(at, end + 4)
    const bodyLength = contentLength(data.toString('latin1', at, end))
    if (typeof bodyLength === 'string') return this.#break(bodyLength, head)
    const size = headLength + bodyLength
    if (size > this.#limits.message) return this.#break('message-too-large', head)
    this.#needed = size
    return size <= data.length - at ? size : undefined
  }

  #break(fault: string, head?: Buffer): undefined {
    this.#fault = fault
    this.#broken = head
  }

  #appended(chunk: Buffer): Buffer {
    const length = this.#length + chunk.length
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, this.#held.length * 2, this.#needed))
      this.#held.copy(grown, 0, 0, this.#length)
      this.#held = grown
    }
    chunk.copy(this.#held, this.#length)
    this.#length = length
    return this.#held.subarray(0, length)
  }

  /** Keeps what is left of `data` behind `at`. Bytes that were handed out are never written to again. */
  #hold(data: Buffer, at: number): void {
    if (at === 0 && this.#length === data.length && this.#length > 0) return
    this.#held = at === data.length || this.#fault !== undefined ? nothing : Buffer.from(data.subarray(at))
    this.#length = this.#held.length
  }
}

/** The one Content-Length of a message on a stream; a string is the fault. */
function contentLength(head: string): number | string {
  let value: string | undefined
  for (const line of logicalLines(head)) {
    if (/[\r\n]/.test(line)) return 'bare-line-break'
    const found = lengthLine.exec(line)
    if (found === null) continue
    if (value !== undefined) return 'repeated-content-length'
    value = found[1]?.trim() ?? ''
  }
  if (value === undefined) return 'missing-content-length'
  return /^\d{1,10}$/.test(value) ? Number(value) : 'invalid-content-length'
}

/** Folded lines are joined: RFC 3261 §7.3.1. */
function logicalLines(head: string): string[] {
  return head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
}

const lengthLine = /^(?:content-length|l)[ \t]*:(.*)$/i
const blankLine = Buffer.from('\r\n\r\n')
const nothing = Buffer.alloc(0)
const none: Framed = { messages: [], keepAlives: 0 }
const cr = 13
const lf = 10
