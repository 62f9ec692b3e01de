import type { Clock } from '../runtime/clock.ts'
import type { DialDesk } from '../selector/dial-desk.ts'
import { causeOfStatus } from '../selector/domain/cause.ts'
import type { Store } from '../selector/store/store.ts'
import type { Dialling } from './ports.ts'

export interface DiallingOptions {
  readonly desk: DialDesk
  readonly store: {
    readonly agents: Pick<Store['agents'], 'get'>
    readonly dials: Pick<Store['dials'], 'tell'>
  }
  readonly clock: Clock
}

/** What the desk says of a number, in the statuses of SIP. */
export function createDialling({ desk, store: { agents, dials }, clock }: DiallingOptions): Dialling {
  return {
    isAgent: async id => (await agents.get(id)) !== undefined,
    async begin(id, dialled) {
      const agent = (await agents.get(id))?.item
      if (!agent) return { kind: 'refused', status: 403 }
      const noted = await desk.begin({ agent, dialled })
      if (noted.kind === 'refused') return { kind: 'refused', status: statuses[noted.refusal.kind] }
      return { kind: 'begun', dial: noted.dial.call, number: noted.dial.number }
    },
    async failed(dial, status) {
      await dials.tell(dial, { state: 'failed', at: clock.wall(), cause: causeOfStatus(status), status })
    },
  }
}

/** A limit is passed again in a while; the others stay as they are. */
const statuses = { 'no-number': 404, 'not-allowed': 403, away: 480, 'other-call': 403, limit: 503 } as const
