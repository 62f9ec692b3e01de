import type { Decision } from '../../domain/decision.ts'
import type { DecisionLog } from '../store.ts'

/** The last decisions of this process. */
export class MemoryDecisions implements DecisionLog {
  readonly #most: number
  readonly #ring: Decision[] = []
  readonly #byCall = new Map<string, Decision[]>()

  constructor(most = mostDecisions) {
    this.#most = most
  }

  async put(decision: Decision): Promise<void> {
    this.#ring.push(decision)
    const ofCall = this.#byCall.get(decision.call) ?? []
    ofCall.push(decision)
    this.#byCall.set(decision.call, ofCall)
    // A good part at once, so that moving the rest is rare.
    if (this.#ring.length >= this.#most * 1.25) this.#forget(this.#ring.length - this.#most)
  }

  async of(call: string): Promise<readonly Decision[]> {
    return [...(this.#byCall.get(call) ?? [])].slice(-mostOfOneCall)
  }

  #forget(count: number): void {
    for (const { call } of this.#ring.splice(0, count)) {
      const ofCall = this.#byCall.get(call)
      ofCall?.shift()
      if (ofCall?.length === 0) this.#byCall.delete(call)
    }
  }
}

/** How many decisions are kept, in a process or in Redis. */
export const mostDecisions = 10_000
/** How many decisions of one call are shown, the last ones. */
export const mostOfOneCall = 16
