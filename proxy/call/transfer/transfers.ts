import type { MediaServer } from '../../../selector/domain/media-server.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Order, OrderOutcome, Store } from '../../../selector/store/store.ts'
import type { CallSession } from '../call-session.ts'
import type { Calls } from '../calls.ts'
import { knownCallee } from './callee.ts'
import { statusOfNoPlace, type Colleagues, type NoPlace } from './colleagues.ts'
import type { MoveOutcome } from '../move.ts'
import { prepare, switchOver } from '../mover.ts'
import { isClient } from '../parties.ts'
import { introduce } from './introduce.ts'
import { HandOut, type HandOutParts } from './hand-out.ts'
import type { Referee } from './refer.ts'
import { RemoteHandOut, type RemoteHandOutParts } from './remote-hand-out.ts'
import type { Replaces } from './replaces.ts'
import { Talks, type TalkWord } from './talks.ts'

/** What transfers are carried out with. */
export interface TransferParts extends HandOutParts {
  readonly calls: Calls
  readonly colleagues: Colleagues
  /** The clients of all doors, and the doors themselves. */
  readonly store: Pick<Store, 'sessions' | 'orders'>
  readonly clock: Clock
}

/** What an agent wants. */
export interface TransferOrder {
  /** Whose clients are to be handed over, and to whom. */
  readonly agent: string
  readonly to: Referee
}

/** What doors say to each other of clients that are handed over. */
export type TransferWord = Extract<Order, { kind: 'hand-over' | 'hand-out' | 'handed-out' }> | TalkWord

type HandOver = Extract<Order, { kind: 'hand-over' }>

/** Why a client stays where it is: another agent that is nowhere, or has a client; no such call any more; no answer of the server. */
type Reason = NoPlace | 'gone' | 'refused'

/** Takes clients from one agent's conference into another's, so that neither they nor their carriers hear of it. */
export class Transfers {
  readonly #parts: TransferParts
  readonly #handOut: HandOut
  readonly #remote: RemoteHandOut
  readonly #talks: Talks

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.#handOut = new HandOut(parts)
    this.#talks = new Talks(parts)
    const { clock, log } = parts
    const connect: RemoteHandOutParts['connect'] = (...wish) => this.#connectHere(...wish)
    this.#remote = new RemoteHandOut({ orders: parts.store.orders, connect, clock, log })
  }

  /**
   * Hands every client of an agent over, at whichever door it is. Resolves to the status that the agent is told: 200 when all are with
   * the other agent; 480 when that one is nowhere, 486 when it has a client, 481 when there is nobody to hand over, or no such talk with
   * another agent as is named. To a number see `HandOut`, and `introduce` when the agent talks to it.
   */
  async transfer({ agent, to }: TransferOrder): Promise<number> {
    if (to.kind === 'other-end') return await this.#afterTalk(agent, to.of)
    const clients = await this.#clientsOf(agent)
    const [first] = clients
    if (first === undefined) return 481
    const callee = await knownCallee(to, this.#parts.dialling)
    // A number is one party for one client: more would need somebody to mix their voices.
    if (callee?.kind === 'number')
      return clients.length > 1 ? 488 : await this.#toNumber(first, agent, callee.number)
    return await this.#toAgent(clients, {
      from: agent,
      to: to.kind === 'agent' ? to.agent : '',
      joins: false,
    })
  }

  /** Carries out what another door wants of a client of this one, or hears how its own wish ended; undefined when that is not here. */
  async order(order: TransferWord): Promise<OrderOutcome | undefined> {
    switch (order.kind) {
      case 'hand-over':
        return await this.#handOver(order)
      case 'hand-out':
        return this.#remote.handOut(order)
      case 'handed-out':
        return this.#remote.handedOut(order)
      case 'consulted':
      case 'replaced':
        return this.#talks.order(order)
    }
  }

  /** Takes one client of this door to another agent; undefined when it is not here. */
  async #handOver({ call, from, to, joins }: HandOver): Promise<OrderOutcome | undefined> {
    const { calls, colleagues, log } = this.#parts
    const session = calls.byId(call)
    if (!session) return undefined
    if (!isClientOf(session, from)) return refused('gone')
    const place = joins ? await colleagues.join(to, call) : await colleagues.claim(to, call)
    if (typeof place === 'string') return refused(place)
    const outcome = isClientOf(session, from) ? await change(session, from, to, place) : 'failed'
    if (outcome !== 'moved') {
      await colleagues.free(to, call)
      return refused(outcome === 'absent' ? 'away' : 'refused')
    }
    log.info('call.transferred', { call, from, to, server: place.id })
    return { kind: 'done', calls: [call], server: place.id }
  }

  /** Whoever is talked to knows of the clients: they come while the two still talk, and then take the place of the one who tells. */
  async #afterTalk(from: string, dialog: Replaces): Promise<number> {
    const talk = await this.#talks.find(from, dialog)
    const clients = talk ? await this.#clientsOf(from) : []
    const [first] = clients
    if (!talk || first === undefined) return 481
    if (talk.kind === 'number')
      return clients.length > 1 ? 488 : await this.#introduce(first, from, talk.session)
    const status = await this.#toAgent(clients, { from, to: talk.to, joins: true })
    if (status === 200) talk.end()
    return status
  }

  /** The first client, and where that one was taken the others. */
  async #toAgent(
    [first = '', ...rest]: readonly string[],
    order: Pick<HandOver, 'from' | 'to' | 'joins'>,
  ): Promise<number> {
    const status = await this.#give({ ...order, kind: 'hand-over', call: first })
    if (status !== 200) return status
    const others = rest.map(call => this.#give({ ...order, kind: 'hand-over', call, joins: true }))
    return (await Promise.all(others)).find(other => other !== 200) ?? 200
  }

  /** The number's dialog is at this door, and a call has both of its legs at one. */
  async #introduce(client: string, agent: string, talk: CallSession): Promise<number> {
    const session = this.#parts.calls.byId(client)
    if (!session) return 501
    return isClientOf(session, agent) ? await introduce(session, talk, this.#parts.log) : 481
  }

  async #toNumber(client: string, agent: string, number: string): Promise<number> {
    const here = this.#connectHere(client, agent, number)
    return await (here ?? this.#remote.give(client, agent, number))
  }

  #connectHere(client: string, agent: string, number: string): Promise<number> | undefined {
    const session = this.#parts.calls.byId(client)
    if (!session) return undefined
    return isClientOf(session, agent) ? this.#handOut.give(session, agent, number) : Promise.resolve(481)
  }

  /** Which of the agent's calls are clients, here and at other doors. */
  async #clientsOf(agent: string): Promise<readonly string[]> {
    const { calls, store, log } = this.#parts
    const here = calls
      .of(agent)
      .filter(session => isClientOf(session, agent))
      .map(({ call }) => call.id)
    try {
      const there = (await store.sessions.list()).filter(
        ({ id, kind, state, agent: whose }) =>
          whose === agent && isClient({ kind }) && state === 'up' && !calls.byId(id),
      )
      return [...here, ...there.map(({ id }) => id)]
    } catch {
      log.warn('transfer.other-doors-not-asked', { agent })
      return here
    }
  }

  async #give(order: HandOver): Promise<number> {
    const { orders } = this.#parts.store
    const outcome = (await this.#handOver(order)) ?? (await orders.give(order))
    if (outcome?.kind === 'done') return 200
    return statuses[outcome?.reason ?? 'gone'] ?? 503
  }
}

/** What the agent is told of a reason. */
const statuses: Readonly<Record<string, number>> = { ...statusOfNoPlace, gone: 481 }

function refused(reason: Reason): OrderOutcome {
  return { kind: 'refused', reason }
}

function isClientOf({ call, state }: CallSession, agent: string): boolean {
  return call.agent === agent && isClient(call) && state.kind === 'up'
}

/** The inner leg of a client's call is exchanged for one into the other agent's conference. */
async function change(
  session: CallSession,
  from: string,
  to: string,
  server: MediaServer,
): Promise<MoveOutcome> {
  session.handTo(to)
  const prepared = await prepare(session, server, false)
  const outcome = prepared === 'ready' ? await switchOver(session) : prepared
  if (outcome !== 'moved') session.handTo(from)
  return outcome
}
