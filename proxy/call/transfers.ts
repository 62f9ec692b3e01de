import { dialogId } from '../../engine/message/dialog-id.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'
import { dialledNumber } from '../../selector/domain/dial-policy.ts'
import { agentLine } from '../../selector/domain/queue.ts'
import type { Order, OrderOutcome, Store } from '../../selector/store/store.ts'
import type { Directory, Placement } from '../ports.ts'
import type { CallSession } from './call-session.ts'
import type { Calls } from './calls.ts'
import type { MoveEnd } from './move.ts'
import { prepare, switchOver } from './mover.ts'
import { agentLeg } from './parties.ts'
import { HandOut, type HandOutParts } from './hand-out.ts'
import type { Referee, Replaces } from './refer.ts'

/** What transfers are carried out with. */
export interface TransferParts extends HandOutParts {
  readonly calls: Calls
  /** The clients of all doors, the doors themselves, and who is with whom. */
  readonly store: Pick<Store, 'sessions' | 'orders' | 'queues'>
  readonly placement: Pick<Placement, 'whereIs'>
  readonly directory: Pick<Directory, 'server'>
  readonly clock: Clock
}

/** What an agent wants. */
export interface TransferOrder {
  /** Whose clients are to be handed over, and to whom. */
  readonly agent: string
  readonly to: Referee
  /** The dialog whose place the clients are to take. */
  readonly replaces?: Replaces
}

type HandOver = Extract<Order, { kind: 'hand-over' }>

/** Why a client stays where it is: another agent that is nowhere, or has a client; no such call any more; no answer of the server. */
type Reason = 'away' | 'busy' | 'gone' | 'refused'

/** Takes clients from one agent's conference into another's, so that neither they nor their carriers hear of it. */
export class Transfers {
  readonly #parts: TransferParts
  readonly #handOut: HandOut

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.#handOut = new HandOut(parts)
  }

  /**
   * Hands every client of an agent over, at whichever door it is. Resolves to the status that the agent is told: 200 when all are with
   * the other agent; 480 when that one is nowhere, 486 when it has a client, 481 when there is nobody to hand over. To a number see
   * `HandOut`.
   */
  async transfer({ agent, to, replaces }: TransferOrder): Promise<number> {
    if (replaces) return this.#isOwn(agent, replaces) ? 501 : 481
    const [first, ...rest] = await this.#clientsOf(agent)
    if (first === undefined) return 481
    const number = await this.#numberIn(to)
    // A number is one party for one client: more would need somebody to mix their voices.
    if (number !== undefined) return rest.length > 0 ? 488 : await this.#toNumber(first, agent, number)
    const order = { kind: 'hand-over', from: agent, to: to.kind === 'agent' ? to.agent : '' } as const
    const status = await this.#give({ ...order, call: first, joins: false })
    if (status !== 200) return status
    const others = await Promise.all(rest.map(call => this.#give({ ...order, call, joins: true })))
    return others.find(other => other !== 200) ?? 200
  }

  /** Takes one client of this door to another agent; undefined when it is not here. */
  async handOver({ call, from, to, joins }: HandOver): Promise<OrderOutcome | undefined> {
    const { calls, clock, log, store } = this.#parts
    const session = calls.byId(call)
    if (!session) return undefined
    if (!isClientOf(session, from)) return refused('gone')
    const place = joins ? await this.#placeOf(to, call) : await this.#claim(to, call)
    if (typeof place === 'string') return refused(place)
    const outcome = isClientOf(session, from) ? await change(session, from, to, place) : 'failed'
    if (outcome !== 'moved') {
      await store.queues.free(to, call, clock.wall())
      return refused(outcome === 'absent' ? 'away' : 'refused')
    }
    log.info('call.transferred', { call, from, to, server: place.id })
    return { kind: 'done', calls: [call], server: place.id }
  }

  /** The number that is meant; undefined: an agent. */
  async #numberIn(to: Referee): Promise<string | undefined> {
    if (to.kind === 'number') return to.number
    if (!dialledNumber.test(to.agent) || (await this.#parts.dialling.isAgent(to.agent))) return undefined
    return to.agent
  }

  async #toNumber(client: string, agent: string, number: string): Promise<number> {
    const session = this.#parts.calls.byId(client)
    // A telephone rings for longer than another door is waited for.
    return session ? await this.#handOut.give(session, agent, number) : 501
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
          whose === agent && agentLeg({ kind }) === undefined && state === 'up' && !calls.byId(id),
      )
      return [...here, ...there.map(({ id }) => id)]
    } catch {
      log.warn('transfer.other-doors-not-asked', { agent })
      return here
    }
  }

  async #give(order: HandOver): Promise<number> {
    const { orders } = this.#parts.store
    const outcome = (await this.handOver(order)) ?? (await orders.give(order))
    if (outcome?.kind === 'done') return 200
    return statuses[outcome?.reason ?? 'gone'] ?? 503
  }

  /** Takes an agent that waits without a client, in one step: two strangers never find themselves in one conference. */
  async #claim(agent: string, client: string): Promise<MediaServer | Reason> {
    const { store, placement, directory, clock } = this.#parts
    const order = { client, lines: [agentLine(agent)], at: clock.wall(), ttlMs: claimMs }
    const taken = await store.queues.take(order)
    if (!taken) return (await placement.whereIs(agent)) ? 'busy' : 'away'
    const server = directory.server(taken.server)
    if (server) return server
    await store.queues.free(agent, client, clock.wall())
    return 'away'
  }

  /** Where the agent is that was taken for another client of the same agent. */
  async #placeOf(agent: string, client: string): Promise<MediaServer | Reason> {
    const { store, placement, clock } = this.#parts
    await store.queues.occupy(agent, client, clock.wall(), claimMs)
    return (await placement.whereIs(agent))?.server ?? 'away'
  }

  #isOwn(agent: string, { callId, tags }: Replaces): boolean {
    const { calls } = this.#parts
    return tags.some(tag => calls.byDialog(dialogId(callId, tag))?.session.call.agent === agent)
  }
}

/** How long an agent is kept for a client that is on its way. */
const claimMs = 15_000

/** What the agent is told of a reason. */
const statuses: Readonly<Record<string, number>> = { away: 480, busy: 486, gone: 481 }

function refused(reason: Reason): OrderOutcome {
  return { kind: 'refused', reason }
}

function isClientOf({ call, state }: CallSession, agent: string): boolean {
  return call.agent === agent && agentLeg(call) === undefined && state.kind === 'up'
}

/** The inner leg of a client's call is exchanged for one into the other agent's conference. */
async function change(
  session: CallSession,
  from: string,
  to: string,
  server: MediaServer,
): Promise<'ready' | MoveEnd> {
  session.handTo(to)
  const prepared = await prepare(session, server, false)
  const outcome = prepared === 'ready' ? await switchOver(session) : prepared
  if (outcome !== 'moved') session.handTo(from)
  return outcome
}
