import { randomUUID } from 'node:crypto'
import type { Clock } from '../runtime/clock.ts'
import type { Agent } from './domain/agent.ts'
import type { Dial, DialOrder } from './domain/dial.ts'
import { limitsOf, mayDial, numberOf, prefixesOf, type DialPolicy } from './domain/dial-policy.ts'
import type { MediaServer } from './domain/media-server.ts'
import type { DialBegun, Store } from './store/store.ts'

export interface DialDeskOptions {
  readonly store: {
    readonly pins: Pick<Store['pins'], 'get'>
    readonly servers: Pick<Store['servers'], 'get'>
    readonly dials: Pick<Store['dials'], 'begin'>
  }
  readonly policy: DialPolicy
  readonly ringMs: number
  readonly keepMs: number
  readonly clock: Clock
}

/** A number that an agent wants to be called. */
export interface NotedWish {
  readonly agent: Agent
  /** A number or an alias. */
  readonly dialled: string
  readonly reference?: string
}

/** What became of it. `server` is where the agent waits. */
export type Noted =
  | {
      readonly kind: Exclude<DialBegun['kind'], 'refused'>
      readonly dial: Dial
      readonly server: MediaServer
    }
  | { readonly kind: 'refused'; readonly refusal: DialRefusal }

/** Why nothing was dialled. */
export type DialRefusal =
  | { readonly kind: 'no-number' }
  /** None of `prefixes` begins the number. */
  | { readonly kind: 'not-allowed'; readonly prefixes: readonly string[] }
  /** The agent waits in no conference. */
  | { readonly kind: 'away' }
  /** The reference is that of a call to another number. */
  | { readonly kind: 'other-call'; readonly dial: Dial }
  | ({ readonly kind: 'limit' } & Omit<Extract<DialBegun, { kind: 'refused' }>, 'kind'>)

/** Every call that an agent makes to a number passes here, whoever dials it: may it, and is it one too many? */
export interface DialDesk {
  /** Notes the call and counts it under its limits; from then on the store's dials must be told of it. Rejects with `E_REDIS_UNREACHABLE`. */
  begin(wish: NotedWish): Promise<Noted>
}

export function createDialDesk({ store, policy, ringMs, keepMs, clock }: DialDeskOptions): DialDesk {
  return {
    async begin({ agent, dialled, reference }) {
      const { id, groups = [] } = agent
      const number = numberOf(dialled, policy)
      if (number === undefined) return refused({ kind: 'no-number' })
      if (!mayDial(number, groups, policy))
        return refused({ kind: 'not-allowed', prefixes: prefixesOf(groups, policy) })
      const pin = await store.pins.get(id)
      const isThere = pin !== undefined && pin.heldUntil === undefined
      const server = isThere ? (await store.servers.get(pin.server))?.item : undefined
      if (!server) return refused({ kind: 'away' })
      const order: DialOrder = {
        call: randomUUID(),
        agent: id,
        number,
        ...(reference !== undefined && { reference }),
        server: server.id,
        at: clock.wall(),
      }
      const limits = limitsOf(id, groups, policy)
      const begun = await store.dials.begin({ order, limits, holdMs: ringMs + graceMs, keepMs })
      if (begun.kind === 'refused') return refused({ ...begun, kind: 'limit' })
      if (begun.dial.number !== number) return refused({ kind: 'other-call', dial: begun.dial })
      return { ...begun, server }
    },
  }
}

function refused(refusal: DialRefusal): Noted {
  return { kind: 'refused', refusal }
}

/** How much longer than it rings an order counts as a call if nobody tells of its end. */
const graceMs = 30_000
