import type { Core, ServerTx } from '../core.ts'
import { untilPrack } from '../dialog/repeat.ts'
import type { RAck } from '../message/rack.ts'
import { Repeated } from './repeated.ts'

/** A reliable provisional response that is to be sent. */
export interface Reliable {
  readonly status: number
  readonly rseq: number
  readonly bytes: Buffer
  /** It carries SDP: no 2xx may leave before its PRACK (RFC 3262 §5). */
  readonly hasSdp: boolean
  /** The caller insists on reliable responses and the application knows nothing of it: the engine answers the PRACK. */
  readonly isOwn: boolean
}

/** What a PRACK that is still to come will acknowledge. */
export type Unpracked = Pick<Reliable, 'rseq' | 'isOwn'> & { readonly cseq: number }

/** The reliable provisional responses to one INVITE: one at a time, each until its PRACK (RFC 3262 §3). */
export class Reliables {
  readonly #server: ServerTx
  readonly #cseq: number
  readonly #repeated: Repeated
  readonly #queue: Reliable[] = []
  #rseq: number
  #current: Reliable | undefined
  /** A 2xx that must wait. */
  #final: (() => void) | undefined
  #hasAnswered = false

  constructor(core: Core, server: ServerTx, cseq: number, onOverdue: () => void) {
    this.#server = server
    this.#cseq = cseq
    const send = (bytes: Buffer): void => core.serverOwner.sendResponse(server, bytes)
    this.#repeated = new Repeated(core, untilPrack, { send, overdue: onOverdue })
    // §3: the first number is chosen at random below 2^31.
    this.#rseq = Number.parseInt(core.random(4), 16) % 2 ** 30
  }

  /** The RSeq of the next response. */
  nextRSeq(): number {
    return this.#rseq + 1
  }

  /** Whether an offer was answered for good in a response that the peer has acknowledged. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /** Whether a 2xx waits for a PRACK; nothing more can then be answered. */
  get isAnswering(): boolean {
    return this.#final !== undefined
  }

  /** The response whose PRACK has not come, whether it is still repeated or not. */
  get unpracked(): Unpracked | undefined {
    return this.#current && { rseq: this.#current.rseq, isOwn: this.#current.isOwn, cseq: this.#cseq }
  }

  /** Sends `response` as soon as the ones before are acknowledged; false when too many wait. */
  put(response: Reliable): boolean {
    if (this.#queue.length >= maxWaiting) return false
    this.#rseq = response.rseq
    if (this.#repeated.isWaiting) this.#queue.push(response)
    else this.#send(response)
    return true
  }

  /** Calls `go`, which sends a 2xx, now or when nothing stands in its way; true when that is now. */
  answer(go: () => void): boolean {
    this.#queue.length = 0
    if (this.#repeated.isWaiting && this.#current?.hasSdp === true) {
      this.#final = go
      return false
    }
    this.stop()
    go()
    return true
  }

  /** A PRACK has come in; undefined when it acknowledges nothing. */
  acknowledge(rack: RAck): Unpracked | undefined {
    const { unpracked } = this
    const current = this.#current
    if (current === undefined || !acknowledges(rack, unpracked)) return undefined
    this.#current = undefined
    this.#repeated.acknowledge()
    this.#hasAnswered ||= current.hasSdp
    return unpracked
  }

  /** What waited for the last PRACK may leave. */
  goOn(): void {
    const next = this.#queue.shift()
    const final = this.#final
    this.#final = undefined
    if (final !== undefined) final()
    else if (next !== undefined && !this.#repeated.isWaiting) this.#send(next)
  }

  /** The INVITE has its final response. */
  stop(): void {
    this.#queue.length = 0
    this.#final = undefined
    this.#repeated.stop()
  }

  #send(response: Reliable): void {
    this.#current = response
    this.#server.respond(response.status, response.bytes)
    this.#repeated.begin(response.bytes)
  }
}

/** Whether a PRACK with this RAck is the one that is awaited (RFC 3262 §3). */
export function acknowledges({ rseq, cseq, method }: RAck, unpracked: Unpracked | undefined): boolean {
  return method === 'INVITE' && unpracked?.rseq === rseq && unpracked.cseq === cseq
}

/** Reliable responses to one INVITE that wait for others. */
const maxWaiting = 8
