import type { Choice, Decision } from '../../selector/domain/decision.ts'
import type { HealthOutcome } from '../../selector/domain/health.ts'
import { takesBack, type MediaServer } from '../../selector/domain/media-server.ts'
import type { Pin, Store } from '../../selector/store/store.ts'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { AgentPlace, Placed, Placement } from '../ports.ts'
import type { HealthWatch } from './health-watch.ts'

export interface PlacementOptions {
  readonly store: Pick<Store, 'ledger' | 'pins' | 'servers' | 'decisions'>
  /** Learns how calls fare, and what other doors found. */
  readonly health: Pick<HealthWatch, 'called' | 'heard' | 'takesCalls'>
  /** The name of this door in decisions. */
  readonly door: string
  /** The pin that a token proves; absent: tokens prove nothing here. */
  readonly readPin?: (token: string, agent: string) => Pin | undefined
  readonly clock: Clock
  readonly log: Log
  readonly reservationTtlMs: number
  /** How long the place of an agent that was lost is kept. */
  readonly holdMs: number
  /** A number in [0, 1) that settles ties. */
  readonly chance: () => number
}

/** Placement over the selector's store: choose and reserve, pin, and say why. */
export function createPlacement(options: PlacementOptions): Placement {
  return new StorePlacement(options)
}

class StorePlacement implements Placement {
  readonly #options: PlacementOptions
  /** Of calls that are placed and not yet up. */
  readonly #fences = new Map<string, number>()
  /** Where agents are, as it is being asked: who enters is asked for by the entrance and by the placement at once. */
  readonly #asked = new Map<string, Promise<Pin | undefined>>()

  constructor(options: PlacementOptions) {
    this.#options = options
  }

  async place(order: Parameters<Placement['place']>[0]): Promise<Placed> {
    const { store, door, clock, chance, reservationTtlMs: ttlMs } = this.#options
    const { call, agent, exclude } = order
    const home = await this.#home(call, agent, exclude)
    if (home) return { kind: 'placed', server: home }
    const at = clock.wall()
    const choice = await store.ledger.reserve({ call, exclude, chance: chance(), at, ttlMs })
    this.#record({ agent, door, ...choice.decision })
    if (choice.kind === 'chosen') {
      this.#learn(choice)
      this.#fences.set(call, choice.fence)
      return { kind: 'placed', server: choice.server }
    }
    // Callers that were turned away together shall not come back together.
    return { kind: 'none', reason: choice.reason, retryAfterSec: 2 + Math.floor(chance() * 8) }
  }

  /** Where the agent is or was: its clients are there. It needs no place, for it has one; but it waits for no server that is down. */
  async #home(call: string, agent: string, exclude: readonly string[]): Promise<MediaServer | undefined> {
    const { store, health, log } = this.#options
    const pin = await (this.#asked.get(agent) ?? store.pins.get(agent))
    if (pin === undefined || exclude.includes(pin.server)) return undefined
    const server = (await store.servers.get(pin.server))?.item
    if (server === undefined || !takesBack(server) || !health.takesCalls(server.id)) return undefined
    if (pin.fence !== undefined) this.#fences.set(call, pin.fence)
    log.info('placement.home', { call, agent, server: server.id })
    return server
  }

  async whereIs(agent: string, token?: string): Promise<AgentPlace | undefined> {
    const { pins, servers } = this.#options.store
    const shown = token === undefined ? undefined : this.#options.readPin?.(token, agent)
    const asked = pins.get(agent, shown)
    if (shown === undefined) this.#asked.set(agent, asked)
    const pin = await asked.finally(() => this.#answered(agent, asked))
    if (pin === undefined || pin.heldUntil !== undefined) return undefined
    const server = await servers.get(pin.server)
    return server && { server: server.item, call: pin.call }
  }

  #answered(agent: string, asked: Promise<Pin | undefined>): void {
    if (this.#asked.get(agent) === asked) this.#asked.delete(agent)
  }

  async settled({ agent, server, call }: Parameters<Placement['settled']>[0]): Promise<void> {
    const { ledger, pins } = this.#options.store
    // A media server that called the agent was chosen elsewhere.
    const fence = this.#fences.get(call) ?? (await pins.get(agent))?.fence
    this.#fences.delete(call)
    const pin = { agent, server, call, ...(fence !== undefined && { fence }) }
    await Promise.all([ledger.settle(call), pins.put(pin)])
  }

  async release(call: string): Promise<void> {
    this.#fences.delete(call)
    await this.#options.store.ledger.end(call)
  }

  async left({ agent, call, isLost }: Parameters<Placement['left']>[0]): Promise<void> {
    const { store, clock, holdMs } = this.#options
    const pin = isLost && holdMs > 0 ? await store.pins.get(agent) : undefined
    if (pin?.call === call) await store.pins.put({ ...pin, heldUntil: clock.wall() + holdMs })
    else await store.pins.remove(agent, call)
  }

  result(server: string, outcome: HealthOutcome): void {
    this.#options.health.called(server, outcome)
  }

  #record(decision: Decision): void {
    const { store, log } = this.#options
    const { call, agent, choice } = decision
    // A call that is placed says so when it is over, and the record of the decision says why.
    if (choice.kind === 'none') log.info('placement.none', { call, agent, reason: choice.reason })
    store.decisions.put(decision).catch((cause: unknown) => {
      log.warn('placement.not-recorded', { call, cause: messageOf(cause) })
    })
  }

  /** A server that another door ejected is on trial here as well. */
  #learn({ server, decision }: Extract<Choice, { kind: 'chosen' }>): void {
    const seen = decision.looked.find(one => one.server.id === server.id)
    if (!seen) return
    const { health, until, ejections } = seen
    this.#options.health.heard(server.id, {
      health,
      ...(until !== undefined && { until }),
      ...(ejections !== undefined && { ejections }),
    })
  }
}
