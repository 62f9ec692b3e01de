import { fullBucket, isFull, takeToken, type Bucket, type Rate } from './token-bucket.ts'
import type { TransportLimits } from './transport-options.ts'

/** Counts the connections that peers make to us, and how fast they come. */
export interface Admission {
  /** Takes a place for a connection from `address`; `leave` gives it back, once. */
  enter(address: string): Entered
  /** Takes a place among the WebSockets that are let in per second. */
  mayUpgrade(): boolean
}

/** A place, or why there is none. */
export type Entered =
  { readonly ok: true; readonly leave: () => void } | { readonly ok: false; readonly reason: NotEntered }

/** Why a connection is not let in. */
export type NotEntered = 'too-many-connections' | 'too-many-of-address' | 'too-fast-from-address' | 'too-fast'

/** The bounds of `createAdmission`. */
export type AdmissionLimits = Pick<
  TransportLimits,
  | 'connections'
  | 'connectionsPerAddress'
  | 'connectsPerSecondPerAddress'
  | 'connectsBurstPerAddress'
  | 'handshakesPerSecond'
  | 'handshakesBurst'
  | 'upgradesPerSecond'
  | 'upgradesBurst'
>

/** Places and rates, in all and per address; an IPv6 peer is its /64, of which one customer has all addresses. */
export function createAdmission(limits: AdmissionLimits, now: () => number): Admission {
  return new Gate(limits, now)
}

/** What is known of one address. */
interface Visitor extends Bucket {
  open: number
}

class Gate implements Admission {
  readonly #limits: AdmissionLimits
  readonly #now: () => number
  readonly #perAddress: Rate
  readonly #handshakes: Rate
  readonly #upgrades: Rate
  readonly #handshakesLeft: Bucket
  readonly #upgradesLeft: Bucket
  /** The one that was looked at longest ago comes first. */
  readonly #visitors = new Map<string, Visitor>()
  #open = 0

  constructor(limits: AdmissionLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
    this.#perAddress = {
      perSecond: limits.connectsPerSecondPerAddress,
      burst: limits.connectsBurstPerAddress,
    }
    this.#handshakes = { perSecond: limits.handshakesPerSecond, burst: limits.handshakesBurst }
    this.#upgrades = { perSecond: limits.upgradesPerSecond, burst: limits.upgradesBurst }
    this.#handshakesLeft = fullBucket(this.#handshakes, now())
    this.#upgradesLeft = fullBucket(this.#upgrades, now())
  }

  enter(address: string): Entered {
    const now = this.#now()
    this.#forgetSome(now)
    if (this.#open >= this.#limits.connections) return { ok: false, reason: 'too-many-connections' }
    const network = networkOf(address)
    const visitor = this.#visitors.get(network) ?? this.#newVisitor(network, now)
    if (visitor.open >= this.#limits.connectionsPerAddress)
      return { ok: false, reason: 'too-many-of-address' }
    if (!takeToken(visitor, this.#perAddress, now)) return { ok: false, reason: 'too-fast-from-address' }
    // Last, so that what one address is refused takes nothing from the others.
    if (!takeToken(this.#handshakesLeft, this.#handshakes, now)) return { ok: false, reason: 'too-fast' }
    return { ok: true, leave: this.#place(visitor) }
  }

  mayUpgrade(): boolean {
    return takeToken(this.#upgradesLeft, this.#upgrades, this.#now())
  }

  #newVisitor(network: string, now: number): Visitor {
    const visitor = { ...fullBucket(this.#perAddress, now), open: 0 }
    this.#visitors.set(network, visitor)
    return visitor
  }

  #place(visitor: Visitor): () => void {
    this.#open += 1
    visitor.open += 1
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      this.#open -= 1
      visitor.open -= 1
    }
  }

  /** Two for each that may come, so that the list never holds more than those who are inside or were just here. */
  #forgetSome(now: number): void {
    for (const [network, visitor] of firstTwo(this.#visitors)) {
      this.#visitors.delete(network)
      if (visitor.open > 0 || !isFull(visitor, this.#perAddress, now)) this.#visitors.set(network, visitor)
    }
  }
}

function firstTwo<T>(all: Iterable<T>): T[] {
  const [first, second] = all
  return [first, second].filter(one => one !== undefined)
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
