import {
  healthStep,
  initialHealth,
  type HealthOutcome,
  type HealthState,
} from '../../selector/domain/health.ts'
import type { Store } from '../../selector/store/store.ts'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { AgentPlace, Placed, Placement } from '../ports.ts'

export interface PlacementOptions {
  readonly store: Pick<Store, 'ledger' | 'pins' | 'servers'>
  readonly clock: Clock
  readonly log: Log
  readonly reservationTtlMs: number
  /** Called when a server's SIP went down and its Manager Interface is gone too. */
  readonly onLost: (server: string) => void
  /** A number in [0, 1) that settles ties. */
  readonly chance: () => number
}

/** Placement over the selector's store: choose and reserve, pin, and judge servers by their answers. */
export function createPlacement(options: PlacementOptions): Placement {
  const { store, clock, log, reservationTtlMs, chance } = options
  const healths = new Map<string, HealthState>()

  async function place(order: { call: string; agent: string; exclude: readonly string[] }): Promise<Placed> {
    const choice = await store.ledger.reserve({
      call: order.call,
      exclude: order.exclude,
      chance: chance(),
      at: clock.wall(),
      ttlMs: reservationTtlMs,
    })
    log.info('placement.choice', {
      call: order.call,
      agent: order.agent,
      ...(choice.kind === 'chosen' ? { server: choice.server.id } : { none: choice.reason }),
      considered: choice.considered,
    })
    if (choice.kind === 'chosen') return { kind: 'placed', server: choice.server }
    // Callers that were turned away together shall not come back together.
    return { kind: 'none', reason: choice.reason, retryAfterSec: 2 + Math.floor(chance() * 8) }
  }

  async function whereIs(agent: string): Promise<AgentPlace | undefined> {
    const pin = await store.pins.get(agent)
    const server = pin && (await store.servers.get(pin.server))
    return pin && server && { server: server.item, call: pin.call }
  }

  function result(server: string, outcome: HealthOutcome): void {
    const before = healths.get(server) ?? initialHealth
    const after = healthStep(before, outcome, clock.wall())
    healths.set(server, after)
    if (after.health === before.health) return
    log.warn('placement.health', { server, health: after.health })
    share(server, after.health).catch((cause: unknown) => {
      log.warn('placement.health-not-shared', { server, cause: messageOf(cause) })
    })
  }

  async function share(server: string, health: HealthState['health']): Promise<void> {
    await store.ledger.putHealth(server, health)
    if (health !== 'down') return
    const candidate = (await store.ledger.candidates()).find(({ server: { id } }) => id === server)
    if (candidate && !candidate.load?.reconciled) options.onLost(server)
  }

  return {
    place,
    whereIs,
    result,
    release: call => store.ledger.release([call]),
    settled: ({ agent, server, call }) => store.pins.put({ agent, server, call }),
    left: ({ agent, call }) => store.pins.remove(agent, call),
  }
}
