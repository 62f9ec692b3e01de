import { createHash } from 'node:crypto'
import type { Fate, Packet } from './network.ts'
import type { VirtualTime } from './virtual-time.ts'

/** All that has gone over the wire: always as a hash, and as lines when it is to be read. */
export class Trace {
  readonly #hash = createHash('sha1')
  readonly #time: VirtualTime
  readonly #nameOf: (address: string) => string
  readonly #isKept: boolean
  readonly lines: string[] = []
  packets = 0

  constructor(time: VirtualTime, nameOf: (address: string) => string, isKept: boolean) {
    this.#time = time
    this.#nameOf = nameOf
    this.#isKept = isKept
  }

  sent(packet: Packet, fate: Fate): void {
    this.packets += 1
    this.#hash.update(`${this.#time.now()} ${packet.from} ${packet.to} ${fate}\n`).update(packet.bytes)
    if (this.#isKept) this.#line(packet, fate === 'goes' ? '→' : fate === 'twice' ? '⇉' : '✗')
  }

  arrived(packet: Packet): void {
    if (this.#isKept) this.#line(packet, '⊣')
  }

  /** Something that is no packet, e.g. a crash. */
  note(text: string): void {
    this.#hash.update(`${this.#time.now()} ${text}\n`)
    if (this.#isKept) this.lines.push(`${this.#clock()}  ${text}`)
  }

  hash(): string {
    return this.#hash.copy().digest('hex')
  }

  #line({ from, to, transport, message }: Packet, arrow: string): void {
    const { isRequest, status, method, cseq, callId, branch, fromTag, toTag } = message
    const what = isRequest ? method : `${status} (${method})`
    const ends = `${this.#nameOf(from)} ${arrow} ${this.#nameOf(to)}`
    const tags = `${fromTag.slice(-4)}/${toTag.slice(-4)}`
    const way = branch.split(' ')[0]?.slice(-6) ?? ''
    this.lines.push(
      `${this.#clock()}  ${ends.padEnd(22)} ${what.padEnd(14)} ${cseq} ${callId} tags ${tags} branch ${way} ${transport}`,
    )
  }

  #clock(): string {
    return (this.#time.now() / 1000).toFixed(3).padStart(9)
  }
}
