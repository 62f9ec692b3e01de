/**
 * When calls' reservations run out, the soonest first. Most are put in in that order, so that putting in and taking out cost
 * the same however many there are; what was taken back stays until its time comes and is passed over then.
 */
export class ExpiryQueue {
  readonly #expiries = new Map<string, number>()
  #queue: { readonly call: string; readonly at: number }[] = []
  #head = 0

  /** Sets when the reservation of a call runs out. */
  set(call: string, at: number): void {
    this.#expiries.set(call, at)
    let place = this.#queue.length
    while (place > this.#head && (this.#queue[place - 1]?.at ?? 0) > at) place -= 1
    if (place === this.#queue.length) this.#queue.push({ call, at })
    else this.#queue.splice(place, 0, { call, at })
  }

  delete(call: string): void {
    this.#expiries.delete(call)
  }

  /** Takes out one call whose reservation ran out by `at`; undefined when there is none. */
  take(at: number): string | undefined {
    for (let next = this.#queue[this.#head]; next && next.at <= at; next = this.#queue[this.#head]) {
      this.#head += 1
      if (this.#expiries.get(next.call) !== next.at) continue
      this.#expiries.delete(next.call)
      return next.call
    }
    if (this.#head > mostPassed) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return undefined
  }
}

/** How many that were taken out are kept until they are thrown away together. */
const mostPassed = 1_024
