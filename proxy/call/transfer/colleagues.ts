import type { Clock } from '../../../runtime/clock.ts'
import type { MediaServer } from '../../../selector/domain/media-server.ts'
import { agentLine } from '../../../selector/domain/queue.ts'
import type { Store } from '../../../selector/store/store.ts'
import type { Directory, Placement } from '../../ports.ts'

export interface ColleaguesParts {
  readonly store: Pick<Store, 'queues'>
  readonly placement: Pick<Placement, 'whereIs'>
  readonly directory: Pick<Directory, 'server'>
  readonly clock: Clock
}

/** Why there is no place with an agent: it is nowhere, or has a client. */
export type NoPlace = 'away' | 'busy'

/** What an agent that wants to go there is told of it. */
export const statusOfNoPlace = { away: 480, busy: 486 } as const

/** Other agents, to whose conference an agent wants to bring a call: whether they are there, and free for it. */
export class Colleagues {
  readonly #parts: ColleaguesParts

  constructor(parts: ColleaguesParts) {
    this.#parts = parts
  }

  /** Takes an agent that waits without a client, in one step: two strangers never find themselves in one conference. */
  async claim(agent: string, call: string): Promise<MediaServer | NoPlace> {
    const { store, placement, directory, clock } = this.#parts
    const order = { client: call, lines: [agentLine(agent)], at: clock.wall(), ttlMs: claimMs }
    const taken = await store.queues.take(order)
    if (!taken) return (await placement.whereIs(agent)) ? 'busy' : 'away'
    const server = directory.server(taken.server)
    if (server) return server
    await this.free(agent, call)
    return 'away'
  }

  /** Where an agent is that was taken for another call of the same kind, or for a talk about this one. */
  async join(agent: string, call: string): Promise<MediaServer | 'away'> {
    const { store, placement, clock } = this.#parts
    await store.queues.occupy(agent, call, clock.wall(), claimMs)
    return (await placement.whereIs(agent))?.server ?? 'away'
  }

  /** That call does not come. */
  async free(agent: string, call: string): Promise<void> {
    await this.#parts.store.queues.free(agent, call, this.#parts.clock.wall())
  }
}

/** How long an agent is kept for a call that is on its way. */
const claimMs = 15_000
