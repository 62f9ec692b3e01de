import { randomUUID } from 'node:crypto'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { AmiActions, OriginateOutcome } from './ami/actions.ts'
import { canTakeBack, type MediaServer } from './domain/media-server.ts'
import type { Session, Store } from './store/store.ts'

/** What it takes to nail agents up. */
export interface NailUpOptions {
  readonly store: Pick<Store, 'bindings' | 'sessions' | 'ledger' | 'decisions' | 'orders' | 'pins'>
  readonly actions: Pick<AmiActions, 'ring'>
  /** Host part of what the media server calls. */
  readonly domain: string
  /** How long the agent's phone may ring. */
  readonly ringMs: number
  /** How long a place is kept for the agent before its leg is up. */
  readonly reservationMs: number
  readonly clock: Clock
  /** In [0, 1); settles ties between media servers. */
  readonly chance: () => number
  readonly log: Log
}

/** The leg by which an agent is in its conference. */
export type AgentLeg = Pick<Session, 'id' | 'agent' | 'server' | 'state'>

/** What became of the wish to have an agent in its conference. */
export type NailedUp =
  /** It was not there, and is now. */
  | { readonly kind: 'begun'; readonly leg: AgentLeg }
  /** It is there already, or just on its way. */
  | { readonly kind: 'known'; readonly leg: AgentLeg }
  /** No phone of the agent is registered. */
  | { readonly kind: 'not-registered' }
  | { readonly kind: 'no-server'; readonly reason: string }
  /** The agent's phone refused with that final SIP status, where it is known, or rang in vain. */
  | { readonly kind: 'not-answered'; readonly status?: number }

/** Pulls agents into their conferences, and lets them go. */
export interface NailUp {
  /** Resolves when the agent is in its conference, or is not to be had. Rejects as AMI actions do. */
  up(agent: string): Promise<NailedUp>
  /** Ends the agent's leg, however it came about. Resolves to the calls that were ended: none when there was none. */
  release(agent: string): Promise<readonly string[]>
}

export function createNailUp(options: NailUpOptions): NailUp {
  const { store } = options
  /** One at a time for each agent: who asks meanwhile gets the same answer. */
  const running = new Map<string, Promise<NailedUp>>()

  async function pull(agent: string): Promise<NailedUp> {
    const [leg] = await legsOf(store, agent)
    if (leg) return { kind: 'known', leg: legOf(agent, leg) }
    if ((await store.bindings.of(agent)).length === 0) return { kind: 'not-registered' }
    return ring(options, agent)
  }

  return {
    up(agent) {
      const pulling = running.get(agent) ?? pull(agent).finally(() => running.delete(agent))
      running.set(agent, pulling)
      return pulling
    },
    async release(agent) {
      const legs = await legsOf(store, agent)
      const ended = legs.map(async ({ id }) => store.orders.give({ kind: 'hang-up', call: id }))
      return (await Promise.all(ended)).flatMap(outcome => (outcome?.kind === 'done' ? outcome.calls : []))
    },
  }
}

/** Has the best media server ring the agent's phone. */
async function ring(options: NailUpOptions, agent: string): Promise<NailedUp> {
  const { store, actions, domain, ringMs, log } = options
  const call = randomUUID()
  const choice = await choose(options, call, agent)
  if (choice.kind === 'none') return { kind: 'no-server', reason: choice.reason }
  const { server } = choice
  let outcome: OriginateOutcome
  try {
    outcome = await actions.ring(server, { call, agent, domain, ringMs })
  } catch (cause) {
    await store.ledger.end(call)
    throw cause
  }
  log.info('agent.nail-up', { agent, call, server: server.id, ...outcome })
  if (outcome.kind !== 'failed')
    return { kind: 'begun', leg: { id: call, agent, server: server.id, state: 'up' } }
  await store.ledger.end(call)
  const { status } = outcome
  return { kind: 'not-answered', ...(status !== undefined && { status }) }
}

async function choose(
  { store, reservationMs: ttlMs, clock, chance }: NailUpOptions,
  call: string,
  agent: string,
): Promise<{ readonly kind: 'chosen'; readonly server: MediaServer } | { kind: 'none'; reason: string }> {
  const pin = await store.pins.get(agent)
  const [home] = pin ? await store.ledger.candidates(pin.server) : []
  if (home && canTakeBack(home)) return { kind: 'chosen', server: home.server }
  const order = { call, agent, exclude: [], chance: chance(), at: clock.wall(), ttlMs }
  const choice = await store.ledger.reserve(order)
  await store.decisions.put({ agent, ...choice.decision })
  return choice
}

async function legsOf({ sessions }: Pick<Store, 'sessions'>, agent: string): Promise<readonly Session[]> {
  return (await sessions.list()).filter(
    ({ kind, agent: whose }) => whose === agent && (kind === 'agent' || kind === 'ring-agent'),
  )
}

function legOf(agent: string, { id, server, state }: Session): AgentLeg {
  return { id, agent, state, ...(server !== undefined && { server }) }
}
