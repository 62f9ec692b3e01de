import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Orders, SessionStore } from '../../selector/store/store.ts'
import type { Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Placed, Placement } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import type { Calls } from './calls.ts'
import type { MoveOutcome, MoveWord } from './move.ts'
import { agentLeg } from './parties.ts'

/** What a mover works with. */
export interface MoverPorts {
  readonly calls: Calls
  readonly placement: Placement
  /** The clients of all doors, and the doors themselves. */
  readonly store: {
    readonly sessions: Pick<SessionStore, 'list'>
    readonly orders: Pick<Orders, 'give'>
  }
  readonly clock: Clock
  readonly log: Log
}

/** Where an agent is to go. */
export interface MoveOrder {
  readonly agent: string
  /** The server to go to; absent: the best one other than where the agent is. */
  readonly to?: MediaServer
  /** The server where the agent is now is dead. */
  readonly isLost?: boolean
}

/** What became of it: where the agent and its clients are now, or why they are where they were. */
export type Moved =
  | { readonly kind: 'moved'; readonly server: MediaServer; readonly calls: readonly string[] }
  | {
      readonly kind: 'stayed'
      readonly reason: 'no-agent' | 'already-there' | 'busy' | 'no-server' | 'refused'
    }

/** An agent and its clients at this door, who are about to leave a server; `isLost`: one that is dead. */
interface Group {
  readonly agent: CallSession
  readonly clients: readonly CallSession[]
  readonly isLost: boolean
}

/** A server has the agent's new leg, and says of each client when it has that one's. */
interface Entered {
  readonly kind: 'entered'
  readonly server: MediaServer
  readonly clients: readonly Promise<MoveOutcome>[]
}

/** Takes agents and their clients from one media server to another, so that neither side hears of it. */
export class Mover {
  readonly #ports: MoverPorts
  readonly #moving = new Map<string, Promise<Moved>>()
  /** Calls that fled from a server, which may only have hung and still hold their old legs. */
  readonly #leftBehind = new Map<string, Set<string>>()

  constructor(ports: MoverPorts) {
    this.#ports = ports
  }

  /**
   * Moves an agent of this door and its clients; one move of an agent at a time. Clients at this door are switched together with their
   * agent. Those at other doors come after it as soon as it is there; when its server is lost their doors bring them by themselves.
   */
  move(order: MoveOrder): Promise<Moved> {
    const { agent } = order
    const running = this.#moving.get(agent)
    if (running) return running
    const moving = this.#moveGroup(order).finally(() => this.#moving.delete(agent))
    this.#moving.set(agent, moving)
    return moving
  }

  /** Brings a client of this door to the server where its agent is now; undefined when that call is not here. */
  async follow(call: string, server: MediaServer): Promise<'moved' | 'stayed' | undefined> {
    const session = this.#ports.calls.byId(call)
    if (session === undefined) return undefined
    if (session.server === server.id) return 'moved'
    const outcome = await this.#prepareClient(session, server, false)
    return outcome === 'ready' && (await switchOver(session)) === 'moved' ? 'moved' : 'stayed'
  }

  /** Moves every call away from a server that is dead; those that find no other one are ended, or stay when it may only hang. */
  async flee(server: string, otherwise: 'or-end' | 'or-stay' = 'or-end'): Promise<void> {
    const stranded = [...this.#ports.calls.all()].filter(session => session.server === server)
    const left = this.#leftBehind.get(server) ?? new Set()
    for (const { call } of stranded) left.add(call.id)
    this.#leftBehind.set(server, left)
    const agents = stranded.filter(({ call }) => call.anchored && agentLeg(call) !== undefined)
    await this.#save(agents)
    const again = this.#saveRest(agents, server)
    const isKept = (session: CallSession): boolean => otherwise === 'or-stay' && isUp(session)
    const follow = async (session: CallSession): Promise<void> => {
      await (agents.includes(session) ? again : this.#follow(session, server))
      if (isOn(session, server) && !isKept(session)) session.handle({ kind: 'server-lost' })
    }
    await Promise.all(stranded.map(follow))
  }

  #save(agents: readonly CallSession[]): Promise<void> {
    return inTurn(agents, atOnce, ({ call }) => this.move({ agent: call.agent, isLost: true }))
  }

  /** When a server dies the others have much to do at once: who was not taken asks again before it gives up. */
  async #saveRest(agents: readonly CallSession[], lost: string): Promise<void> {
    for (let tries = 0; tries < saveTries; tries++) {
      const rest = agents.filter(session => isOn(session, lost))
      if (rest.length === 0) return
      await this.#pause(saveEveryMs)
      await this.#save(rest)
    }
  }

  /**
   * The calls that fled from `server` and are not there now: what it still holds of them is to be hung up. Each is told once.
   */
  leftOn(server: string): readonly string[] {
    const left = [...(this.#leftBehind.get(server) ?? [])]
    this.#leftBehind.delete(server)
    return left.filter(call => this.#ports.calls.byId(call)?.server !== server)
  }

  /** Moves an agent that is in no call away from `server`, so that a client that cannot reach it there can follow. */
  async rehome(agent: string, server: string): Promise<Placed> {
    const none = { kind: 'none', reason: 'agent-not-movable', retryAfterSec: 5 } as const
    const legs = this.#ports.calls.of(agent).filter(session => session.server === server && isUp(session))
    if (legs.length !== 1 || legs[0] === undefined || agentLeg(legs[0].call) === undefined) return none
    const moved = await this.move({ agent })
    return moved.kind === 'moved' ? { kind: 'placed', server: moved.server } : none
  }

  async #moveGroup({ agent, to, isLost = false }: MoveOrder): Promise<Moved> {
    const legs = this.#ports.calls.of(agent).filter(isUp)
    const session = legs.find(({ call }) => agentLeg(call) !== undefined)
    if (session?.server === undefined) return { kind: 'stayed', reason: 'no-agent' }
    const from = session.server
    if (to?.id === from) return { kind: 'stayed', reason: 'already-there' }
    const clients = legs.filter(leg => leg !== session && leg.server === from)
    const group = { agent: session, clients, isLost }
    const entered = await this.#findServer(group, from, to)
    if (entered.kind !== 'entered') return entered
    const moved = await this.#bring(group, entered)
    if (moved.kind !== 'moved' || isLost) return moved
    return { ...moved, calls: [...moved.calls, ...(await this.#callAfter(agent, from, moved.server))] }
  }

  /** Gets the new legs ready, on the first server that takes the agent. */
  async #findServer(
    group: Group,
    from: string,
    to: MediaServer | undefined,
  ): Promise<Extract<Moved, { kind: 'stayed' }> | Entered> {
    const { placement } = this.#ports
    const { id: call, agent, attempts } = group.agent.call
    const exclude = [from]
    for (let attempt = 0; attempt < attempts; attempt++) {
      const placed = to
        ? ({ kind: 'placed', server: to } as const)
        : await placement.place({ call, agent, exclude })
      if (placed.kind === 'none') return { kind: 'stayed', reason: 'no-server' }
      const outcome = await this.#enter(group, placed.server)
      if (typeof outcome !== 'string') return outcome
      if (to === undefined) await placement.release(call)
      if (outcome === 'busy' || to !== undefined)
        return { kind: 'stayed', reason: outcome === 'busy' ? 'busy' : 'refused' }
      exclude.push(placed.server.id)
    }
    return { kind: 'stayed', reason: 'refused' }
  }

  /** All knock at once. Where the agent is not taken, its clients have nothing to look for. */
  async #enter(
    { agent, clients, isLost }: Group,
    server: MediaServer,
  ): Promise<Entered | Exclude<MoveOutcome, 'moved'>> {
    const free = clients.filter(client => !isMoving(client))
    const knocking = new AbortController()
    const company = { size: free.length, signal: knocking.signal }
    const coming = clients.map(client => this.#prepareClient(client, server, isLost, company))
    const outcome = await prepare(agent, server, isLost, company.size)
    if (outcome === 'ready') return { kind: 'entered', server, clients: coming }
    knocking.abort()
    for (const client of free) client.handle({ kind: 'stay' })
    await Promise.all(coming)
    return outcome === 'moved' ? 'failed' : outcome
  }

  /** The agent's leg waits on a server, and its clients' are there or on their way. */
  async #bring(group: Group, entered: Entered): Promise<Moved> {
    const moved = await (group.isLost ? rescue(group, entered) : exchange(group, entered))
    if (moved === undefined) return { kind: 'stayed', reason: 'refused' }
    const { server } = entered
    const { agent } = group.agent.call
    const calls = moved.map(({ call }) => call.id)
    this.#ports.log.info('call.moved', { agent, server: server.id, calls })
    return { kind: 'moved', server, calls }
  }

  /** The agent's clients at other doors are told to come after it; resolves to those that did. */
  async #callAfter(agent: string, from: string, server: MediaServer): Promise<readonly string[]> {
    const { calls, store, log } = this.#ports
    try {
      const elsewhere = (await store.sessions.list()).filter(
        leg =>
          leg.agent === agent && leg.server === from && agentLeg(leg) === undefined && !calls.byId(leg.id),
      )
      const follow = async ({ id: call }: { readonly id: string }): Promise<readonly string[]> => {
        for (let tries = 1; ; tries++) {
          const outcome = await store.orders.give({ kind: 'follow', call, server: server.id })
          if (outcome?.kind === 'done') return [call]
          if (outcome === undefined || tries === comeTries) break
          await this.#pause(comeEveryMs)
        }
        log.warn('call.client-stayed', { call, agent, server: from })
        return []
      }
      return (await Promise.all(elsewhere.map(follow))).flat()
    } catch (cause) {
      log.warn('call.other-doors-not-asked', { agent, cause: messageOf(cause) })
      return []
    }
  }

  /** A server accepts the agent a moment before it is in the conference. */
  async #prepareClient(
    client: CallSession,
    server: MediaServer,
    isLost: boolean,
    { size, signal }: { readonly size?: number; readonly signal?: AbortSignal } = {},
  ): Promise<MoveOutcome> {
    for (let tries = 1; ; tries++) {
      const outcome = await prepare(client, server, isLost, size)
      if (outcome !== 'absent' || tries === enterTries) return outcome
      await this.#pause(enterEveryMs)
      if (signal?.aborted) return outcome
    }
  }

  /** A call that is still on a dead server goes to where its agent is, or will soon be. */
  async #follow(session: CallSession, lost: string): Promise<void> {
    const { anchored, agent } = session.call
    const tries = anchored && agentLeg(session.call) === undefined ? followTries : 0
    for (let waits = 0; waits < tries && isOn(session, lost) && isUp(session); waits++) {
      const place = await this.#whereIs(agent)
      if (place && place.id !== lost && (await prepare(session, place, true)) === 'ready')
        await switchOver(session)
      else await this.#pause(followEveryMs)
    }
  }

  async #whereIs(agent: string): Promise<MediaServer | undefined> {
    return (await this.#ports.placement.whereIs(agent).catch(() => undefined))?.server
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#ports.clock.after(ms, resolve))
  }
}

/** Works through a list, so many at once. */
async function inTurn<T>(
  list: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = list.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** How many agents flee at once, each with its clients: enough to keep a server busy, few enough for the first to be quick. */
const atOnce = 32
/** How soon, and how many times, a client knocks at a conference that its agent is about to enter. */
const enterEveryMs = 20
const enterTries = 15
/** How often, and how many times, a client looks where its agent went. */
const followEveryMs = 100
const followTries = 60
/** How often, and how many times, a client at another door is told to come after its agent. It hears music meanwhile. */
const comeEveryMs = 500
const comeTries = 3
/** How often, and how many times, an agent that no server has taken asks again. */
const saveEveryMs = 700
const saveTries = 3

/** All are switched together, or none: undefined. What is still well must not be torn apart. */
async function exchange(
  { agent, clients }: Group,
  entered: Entered,
): Promise<readonly CallSession[] | undefined> {
  const outcomes = await Promise.all(entered.clients)
  const isLeft = clients.some((client, index) => outcomes[index] !== 'ready' && isUp(client))
  const going = [agent, ...clients]
  if (!isLeft) return await switched(going, going.map(switchOver))
  const ready = clients.filter((_, index) => outcomes[index] === 'ready')
  for (const session of [agent, ...ready]) session.handle({ kind: 'stay' })
  return undefined
}

/** Nobody hears anything any more: each is switched as soon as it can be. Undefined when the agent could not be. */
async function rescue(
  { agent, clients }: Group,
  entered: Entered,
): Promise<readonly CallSession[] | undefined> {
  const follow = async (client: CallSession, index: number): Promise<MoveOutcome> => {
    const outcome = (await entered.clients[index]) ?? 'failed'
    return outcome === 'ready' ? await switchOver(client) : outcome
  }
  const moved = await switched([agent, ...clients], [switchOver(agent), ...clients.map(follow)])
  return moved.includes(agent) ? moved : undefined
}

async function switched(
  sessions: readonly CallSession[],
  outcomes: readonly Promise<MoveOutcome>[],
): Promise<readonly CallSession[]> {
  const ends = await Promise.all(outcomes)
  return sessions.filter((_, index) => ends[index] === 'moved')
}

/** Asks `server` for the new leg, and for `company` others of its conference at the same time; resolves when it is up and waits to be switched to. A call that moves already goes on with that. */
export async function prepare(
  session: CallSession,
  server: MediaServer,
  isLost: boolean,
  company = 0,
): Promise<MoveOutcome> {
  if (isMoving(session)) return 'busy'
  const place = { kind: 'server', server, ...(company > 0 && { company }) } as const
  return (await wordOnMove(session, () => session.handle({ kind: 'move', place, isLost }))).outcome
}

/** Puts the new leg in the place of the old one. */
export async function switchOver(session: CallSession): Promise<MoveOutcome> {
  return (await wordOnMove(session, () => session.handle({ kind: 'switch' }))).outcome
}

/** The next word on the move of a call, after `order`; a call that is not up has none to say. */
export function wordOnMove(session: CallSession, order: () => void): Promise<MoveWord> {
  return new Promise(resolve => {
    if (!isUp(session)) return resolve({ outcome: 'failed' })
    session.onMove = resolve
    order()
  })
}

function isMoving({ state }: CallSession): boolean {
  return state.kind === 'up' && state.move !== undefined
}

function isUp({ state }: CallSession): boolean {
  return state.kind === 'up'
}

function isOn(session: CallSession, server: string): boolean {
  return session.server === server && session.state.kind !== 'over'
}
