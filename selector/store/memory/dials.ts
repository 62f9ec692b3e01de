import type { Clock } from '../../../runtime/clock.ts'
import { follows, isFinal, type Dial, type DialNews } from '../../domain/dial.ts'
import type { DialLimit } from '../../domain/dial-policy.ts'
import type { DialBegun, DialRequest, DialStore } from '../store.ts'

interface Kept {
  readonly dial: Dial
  readonly limits: readonly DialLimit[]
  readonly keptUntil: number
}

/** Calls that were ordered in this process. */
export class MemoryDials implements DialStore {
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #byReference = new Map<string, string>()
  /** By agent or group: call → until when it counts as one, and when it was ordered. */
  readonly #dialling = new Map<string, Map<string, number>>()
  readonly #dialled = new Map<string, Map<string, number>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async begin({ order, limits, holdMs, keepMs }: DialRequest): Promise<DialBegun> {
    const now = this.#clock.wall()
    this.#sweep(now)
    const known = this.#kept.get(this.#byReference.get(referenceOf(order)) ?? '')
    if (known) return { kind: 'known', dial: known.dial }
    for (const limit of limits) {
      const refused = this.#reached(limit, now)
      if (refused) return refused
    }
    for (const limit of limits) {
      countsOf(this.#dialling, limit).set(order.call, now + holdMs)
      countsOf(this.#dialled, limit).set(order.call, now)
    }
    const dial: Dial = { ...order, news: { state: 'ordered', at: order.at } }
    this.#kept.set(order.call, { dial, limits, keptUntil: now + keepMs })
    if (order.reference !== undefined) this.#byReference.set(referenceOf(order), order.call)
    return { kind: 'begun', dial }
  }

  async tell(call: string, news: DialNews): Promise<Dial | undefined> {
    const kept = this.#kept.get(call)
    if (!kept || !follows(kept.dial.news.state, news.state)) return undefined
    const dial: Dial = { ...kept.dial, news }
    this.#kept.set(call, { ...kept, dial })
    for (const limit of kept.limits) {
      if (isFinal(news.state)) countsOf(this.#dialling, limit).delete(call)
      else if (news.state === 'answered') countsOf(this.#dialling, limit).set(call, Infinity)
    }
    return dial
  }

  async get(call: string): Promise<Dial | undefined> {
    const kept = this.#kept.get(call)
    return kept && kept.keptUntil > this.#clock.wall() ? kept.dial : undefined
  }

  async forget(call: string): Promise<void> {
    const kept = this.#kept.get(call)
    if (kept) this.#drop(call, kept)
    for (const limit of kept?.limits ?? []) {
      countsOf(this.#dialling, limit).delete(call)
      countsOf(this.#dialled, limit).delete(call)
    }
  }

  #reached(limit: DialLimit, now: number): DialBegun | undefined {
    const [dialling, dialled] = [countsOf(this.#dialling, limit), countsOf(this.#dialled, limit)]
    for (const [call, until] of dialling) if (until <= now) dialling.delete(call)
    for (const [call, at] of dialled) if (at <= now - hourMs) dialled.delete(call)
    if (dialling.size >= (limit.calls ?? Infinity)) return { kind: 'refused', limit, most: 'calls' }
    if (dialled.size < (limit.callsPerHour ?? Infinity)) return undefined
    const oldest = Math.min(now, ...dialled.values())
    return { kind: 'refused', limit, most: 'callsPerHour', retryMs: oldest + hourMs - now }
  }

  /** The oldest stand first and all are kept about as long, so it is enough to look at the front. */
  #sweep(now: number): void {
    for (const [call, kept] of this.#kept) {
      if (kept.keptUntil > now) return
      this.#drop(call, kept)
    }
  }

  #drop(call: string, { dial }: Kept): void {
    this.#kept.delete(call)
    if (this.#byReference.get(referenceOf(dial)) === call) this.#byReference.delete(referenceOf(dial))
  }
}

const hourMs = 3_600_000

function referenceOf({ agent, reference }: { readonly agent: string; readonly reference?: string }): string {
  return JSON.stringify([agent, reference])
}

function countsOf(counts: Map<string, Map<string, number>>, { kind, id }: DialLimit): Map<string, number> {
  const whose = `${kind}:${id}`
  const found = counts.get(whose) ?? new Map<string, number>()
  counts.set(whose, found)
  return found
}
