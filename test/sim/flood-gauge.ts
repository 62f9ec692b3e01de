import type { EngineEvent } from '../../engine/api.ts'
import type { EngineStats } from '../../engine/engine.ts'
import { engineDefaults, type EngineLimits } from '../../engine/options.ts'
import { patience } from '../../engine/transaction/timers.ts'
import type { Judge } from './judge.ts'

/** I10: what one engine holds stays within its limits, for all peers together and for each. */
export class FloodGauge {
  readonly #judge: Judge
  readonly #host: string
  readonly #limits: EngineLimits
  /** When the requests of each address came that must still be held. */
  readonly #held = new Map<string, number[]>()

  constructor(judge: Judge, host: string, limits: Partial<EngineLimits>) {
    this.#judge = judge
    this.#host = host
    this.#limits = { ...engineDefaults, ...limits }
  }

  told(event: EngineEvent, now: number, { transactions, dialogs }: EngineStats): void {
    const limits = this.#limits
    // A BYE always may come and go, and each call has but one each way.
    if (transactions > limits.transactions + 2 * limits.dialogs) this.#violate(`${transactions} transactions`)
    if (dialogs > limits.dialogs) this.#violate(`${dialogs} dialogs`)
    if (event.kind === 'request' && event.source.transport === 'udp') this.#request(event, now)
  }

  /** Over UDP a request other than INVITE is kept for 64·T1 at least (timer J). */
  #request({ request, source }: Extract<EngineEvent, { kind: 'request' }>, now: number): void {
    if (request.method === 'INVITE' || request.method === 'BYE') return
    const held = (this.#held.get(source.address) ?? []).filter(at => at > now - patience)
    held.push(now)
    this.#held.set(source.address, held)
    if (held.length > this.#limits.perSource) this.#violate(`${held.length} requests of ${source.address}`)
  }

  #violate(what: string): void {
    this.#judge.violate('I10', `${this.#host} holds ${what}`)
  }
}
