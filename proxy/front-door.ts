import type { HeaderLine } from '../engine/message/message.ts'
import { messageOf } from '../runtime/errors.ts'
import type { Dial } from '../selector/domain/dial.ts'
import type { Order, OrderOutcome } from '../selector/store/store.ts'
import type { MediaServer } from '../selector/domain/media-server.ts'
import type { Trunk } from '../selector/domain/trunk.ts'
import { allowedMethods } from './call/b-leg.ts'
import { AgentFlows } from './call/agent-flows.ts'
import { CallSession, type SessionPorts } from './call/call-session.ts'
import { Calls, type FoundLeg } from './call/calls.ts'
import { Colleagues, type ColleaguesParts } from './call/transfer/colleagues.ts'
import { Consultations } from './call/transfer/consultations.ts'
import { dialEvent } from './call/dial-log.ts'
import { Entrance } from './call/entrance.ts'
import { packetsFrom } from './call/listen.ts'
import { Mover } from './call/mover.ts'
import { bodyOf, newCall, type CallLimits, type Parties } from './call/new-call.ts'
import { agentLeg, partyOf } from './call/parties.ts'
import { readRefer } from './call/transfer/refer.ts'
import { isReplaced, replacesOf, type Replaces } from './call/transfer/replaces.ts'
import { secondPhrase, type SecondSession } from './call/second-session.ts'
import { Transfers, type TransferParts } from './call/transfer/transfers.ts'
import type { Directory, EdgeEvent, OtherDoors, Outward } from './ports.ts'
import type { Agents } from './registrar/agents.ts'
import type { Servers } from './registrar/servers.ts'
import { callerAt, isAtLeg, type Caller } from './route/caller.ts'
import type { Prober } from './route/prober.ts'
import type { Reception } from './trunk/reception.ts'

type RequestEvent = Extract<EdgeEvent, { kind: 'request' }>
type ResponseEvent = Extract<EdgeEvent, { kind: 'response' }>

export interface FrontDoorOptions {
  readonly ports: Omit<SessionPorts, 'homes' | 'transfers'>
  /** What transfers to other agents go by, and how other doors are asked for a leg of theirs. */
  readonly store: TransferParts['store'] & ColleaguesParts['store']
  /** The numbers that clients are connected to, and the ways there. */
  readonly dialling: TransferParts['dialling']
  readonly choice: TransferParts['choice']
  readonly directory: Directory
  readonly agents: Agents
  /** Absent: media servers do not register themselves. */
  readonly servers?: Servers
  readonly otherDoors: OtherDoors
  readonly prober: Prober
  readonly outward: Outward
  /** Hangs up every leg of a call that a media server has, asked by its Manager Interface. */
  readonly hangUpAt: (server: MediaServer, call: string) => Promise<number>
  readonly reception: Reception
  readonly domain: string
  readonly limits: CallLimits
  /** What becomes of an agent that has a leg and enters again. */
  readonly secondSession: SecondSession
}

/** What is done with each SIP message: who sent it, and which part of the door answers. */
export class FrontDoor {
  readonly calls = new Calls()
  readonly mover: Mover
  readonly agentFlows: AgentFlows
  /** INVITEs of which it is being found out whose they are and where they go; a CANCEL may come meanwhile. */
  readonly #arriving = new Map<string, 'wanted' | 'cancelled'>()
  readonly #transfers: Transfers
  readonly #entrance: Entrance
  readonly #consultations: Consultations
  readonly #options: FrontDoorOptions
  readonly #ports: SessionPorts

  constructor(options: FrontDoorOptions) {
    this.#options = options
    const { calls } = this
    const { ports, store, directory, secondSession: rule } = options
    const colleagues = new Colleagues({ store, directory, ...ports })
    this.agentFlows = new AgentFlows(calls, options.otherDoors, ports.clock)
    this.mover = new Mover({ calls, store, ...ports })
    this.#transfers = new Transfers({ calls, colleagues, ...options, ...ports })
    this.#consultations = new Consultations({ calls, colleagues, ...options, ...ports })
    this.#entrance = new Entrance({ ...ports, rule, calls, orders: store.orders })
    this.#ports = { homes: this.mover, transfers: this.#transfers, ...ports }
  }

  /** Takes an event of the edge. */
  receive(event: EdgeEvent): void {
    switch (event.kind) {
      case 'request':
        this.#request(event).catch((cause: unknown) => {
          this.#options.ports.log.error('request.failed', {
            method: event.request.method,
            cause: messageOf(cause),
          })
          this.#reply(event, 500)
        })
        return
      case 'response':
        return this.#response(event)
      case 'cancel':
        return this.#cancelled(event.transaction)
      case 'ack': {
        const found = this.calls.byDialog(event.dialog)
        return found?.session.handle({ kind: 'acked', leg: found.leg, body: bodyOf(event.request) })
      }
      case 'dialog-ended': {
        const { dialog } = event
        const found = this.calls.byDialog(dialog)
        return found?.session.handle({ kind: 'dialog-ended', leg: found.leg, dialog })
      }
      case 'flow-closed':
        return this.#flowClosed(event.flow)
    }
  }

  /** Ends every call, e.g. because the door closes. */
  hangUpAll(): void {
    for (const session of this.calls.all()) session.handle({ kind: 'hang-up' })
  }

  /** Carries out what the API wants of a call; undefined when it is not at this door. */
  async order(order: Order): Promise<OrderOutcome | undefined> {
    switch (order.kind) {
      case 'hang-up': {
        const session = this.calls.byId(order.call)
        session?.handle({ kind: 'hang-up' })
        return session && { kind: 'done', calls: [order.call] }
      }
      case 'hand-over':
      case 'hand-out':
      case 'handed-out':
      case 'consulted':
      case 'replaced':
        return await this.#transfers.order(order)
      case 'follow':
        return await this.#follow(order)
      case 'give-way':
        return this.#entrance.giveWay(order)
      case 'tell':
        return this.#tell(order.dial)
      case 'move':
        return await this.#move(order)
    }
  }

  /** An agent hears inside the dialog of its own leg what becomes of a number that was dialled for it. */
  #tell(dial: Dial): OrderOutcome | undefined {
    const found = this.calls
      .of(dial.agent)
      .find(({ call, state }) => agentLeg(call) !== undefined && state.kind === 'up')
    const transaction = `${dial.call}-${dial.news.state}`
    found?.handle({ kind: 'tell', transaction, body: dialEvent(dial) })
    return found && { kind: 'done', calls: [found.call.id] }
  }

  async #move({ agent, server }: Extract<Order, { kind: 'move' }>): Promise<OrderOutcome | undefined> {
    if (!this.#options.limits.anchored) return { kind: 'refused', reason: 'not-anchored' }
    const to = server === undefined ? undefined : this.#options.directory.server(server)
    if (server !== undefined && to === undefined) return { kind: 'refused', reason: 'refused' }
    const moved = await this.mover.move({ agent, ...(to && { to }) })
    if (moved.kind === 'moved') return { kind: 'done', calls: moved.calls, server: moved.server.id }
    return moved.reason === 'no-agent' ? undefined : { kind: 'refused', reason: moved.reason }
  }

  async #follow({ call, server }: Extract<Order, { kind: 'follow' }>): Promise<OrderOutcome | undefined> {
    const to = this.#options.directory.server(server)
    const outcome = to && (await this.mover.follow(call, to))
    if (outcome === 'stayed') return { kind: 'refused', reason: 'refused' }
    return outcome && { kind: 'done', calls: [call], server }
  }

  /** A media server is heard again: the old legs of calls that fled from it are hung up. */
  async serverReturned(server: string): Promise<void> {
    const media = this.#options.directory.server(server)
    if (media === undefined) return
    const ended = this.mover.leftOn(server).map(call => this.#options.hangUpAt(media, call))
    for (const outcome of await Promise.allSettled(ended)) {
      if (outcome.status === 'fulfilled') continue
      this.#options.ports.log.warn('call.old-leg-kept', { server, cause: messageOf(outcome.reason) })
    }
  }

  /** Takes the calls on a media server that is dead to another one; those for which there is none, or without an anchor for their media, end. */
  async serverLost(server: string): Promise<void> {
    await this.mover.flee(server)
  }

  /** As `serverLost`, for a server that may come back: calls for which there is no other one stay where they are. */
  async serverHangs(server: string): Promise<void> {
    await this.mover.flee(server, 'or-stay')
  }

  /** Packets that came in from a media server, in each of some calls on it. */
  async packetsFrom(server: string): Promise<ReadonlyMap<string, number>> {
    return await packetsFrom(server, this.calls.all(), this.#options.ports.media)
  }

  async #request(event: RequestEvent): Promise<void> {
    const { directory } = this.#options
    if (event.dialog !== undefined) return this.#inDialog(event, event.dialog)
    const caller = callerAt(event.origin, directory)
    if (this.#isServerRegistering(event, caller)) return this.#options.servers?.register(event)
    if (caller.kind === 'stranger') return this.#reply(event, 403)
    const isInvite = event.request.method === 'INVITE'
    if (caller.kind === 'trunk' && !isInvite && this.#options.reception.refuses(event, caller.trunk)) return
    switch (event.request.method) {
      case 'OPTIONS':
        return this.#reply(event, 200, [['Allow', allowedMethods]])
      case 'REGISTER':
        return caller.kind === 'agent' ? this.#register(event, caller.flow) : this.#reply(event, 403)
      case 'INVITE':
        return this.#invite(event, caller)
      default:
        return this.#reply(event, 405, [['Allow', allowedMethods]])
    }
  }

  async #invite(event: RequestEvent, caller: Exclude<Caller, { kind: 'stranger' }>): Promise<void> {
    this.#arriving.set(event.transaction, 'wanted')
    try {
      await this.#call(event, caller)
    } finally {
      this.#arriving.delete(event.transaction)
    }
  }

  async #call(event: RequestEvent, caller: Exclude<Caller, { kind: 'stranger' }>): Promise<void> {
    if (caller.kind === 'agent') return this.#fromAgent(event, caller.flow)
    const refusal = this.#refusalOf(replacesOf(event.request.headers))
    if (refusal !== undefined) return this.#reply(event, refusal)
    return caller.kind === 'server'
      ? this.#fromServer(event, caller.server)
      : this.#fromTrunk(event, caller.trunk)
  }

  #isServerRegistering({ request, origin }: RequestEvent, caller: Caller): boolean {
    if (request.method !== 'REGISTER' || caller.kind === 'agent' || origin.side === 'trunk') return false
    return this.#options.servers?.mayRegister(origin.address) === true
  }

  async #inDialog(event: RequestEvent, dialog: string): Promise<void> {
    const found = this.calls.byDialog(dialog)
    if (!found) return this.#reply(event, 481)
    // Without a wait where none is needed: what is heard next in this call must not overtake it.
    const caller = callerAt(event.origin, this.#options.directory)
    const { session, leg } = found
    const isThere = isAtLeg(caller, partyOf(session.call, leg), session.flow)
    if (!isThere && !(await this.#proves(event, found, caller))) return
    const { method, headers } = event.request
    if (method === 'INVITE') this.calls.arrived(event.transaction, session)
    session.handle({
      kind: 'request',
      leg,
      dialog,
      transaction: event.transaction,
      method,
      headers: headers.lines,
      body: bodyOf(event.request),
      referral: method === 'REFER' ? readRefer(headers, this.#options.domain) : undefined,
    })
  }

  /** An agent that is heard on another connection than before must prove again who it is; nobody else may speak from elsewhere. */
  async #proves(event: RequestEvent, { session, leg }: FoundLeg, caller: Caller): Promise<boolean> {
    if (caller.kind === 'agent' && partyOf(session.call, leg) === 'agent') {
      const agent = await this.#options.agents.identify(event, caller.flow)
      if (agent === undefined) return false
      if (this.agentFlows.proved(agent, session, caller.flow)) return true
    }
    this.#reply(event, 403)
    return false
  }

  async #register(event: RequestEvent, flow: string): Promise<void> {
    const agent = await this.#options.agents.register(event, flow)
    if (agent === undefined) return
    this.agentFlows.registered(agent, flow)
  }

  async #fromAgent(event: RequestEvent, flow: string): Promise<void> {
    const agent = await this.#options.agents.identify(event, flow)
    if (agent === undefined) return
    const replaces = replacesOf(event.request.headers)
    const refusal = this.#refusalOf(replaces, agent)
    if (refusal !== undefined) return this.#reply(event, refusal)
    if (replaces !== undefined) return this.#enter(event, { kind: 'agent', agent, flow })
    const other = await this.#consultations.whom(agent, event.request.uri)
    if (other === undefined) return this.#enter(event, { kind: 'agent', agent, flow })
    const way = await this.#consultations.way(agent, flow, other)
    if (typeof way === 'number') return this.#reply(event, way)
    const isSecond = this.#consultations.isTalking(agent)
    if (isSecond) this.#reply(event, 486)
    if (isSecond || !this.#begin(event, way)) await this.#consultations.drop(way)
  }

  /**
   * With which status an INVITE is refused that wants the place of a dialog (RFC 3891 §3). Only an agent may, and only that of its own leg,
   * which gives way to a newer one anyhow.
   */
  #refusalOf(replaces: Replaces | 400 | undefined, agent?: string): number | undefined {
    if (replaces === undefined || replaces === 400) return replaces
    const legs = agent === undefined ? [] : this.calls.of(agent)
    const isOwn = legs.some(
      ({ call, agentDialog = '' }) => agentLeg(call) !== undefined && isReplaced(agentDialog, replaces),
    )
    return isOwn ? undefined : 481
  }

  async #fromTrunk(event: RequestEvent, trunk: Trunk): Promise<void> {
    const { reception } = this.#options
    await reception.call(
      event,
      trunk,
      (way, ports) => this.#begin(event, way, { ...this.#ports, ...ports }) !== undefined,
    )
  }

  async #fromServer(event: RequestEvent, server: MediaServer): Promise<void> {
    const route = await this.#options.outward.route(event.request, server)
    if (route.kind === 'refused') return this.#reply(event, route.status)
    if (route.kind === 'ring-agent') return this.#enter(event, { server, ...route })
    this.#begin(event, { server, ...route })
  }

  /** An agent's own leg, of which it has one. */
  async #enter(event: RequestEvent, parties: Extract<Parties, { readonly agent: string }>): Promise<void> {
    const flow = parties.kind === 'agent' ? parties.flow : undefined
    const admission = await this.#entrance.admit(parties.agent, flow)
    if (admission === undefined) {
      const { edge } = this.#options.ports
      return edge.respond({ transaction: event.transaction, status: 486, reason: secondPhrase })
    }
    const session = this.#begin(event, parties)
    if (session) session.onUp = () => admission.entered(session)
  }

  /** Undefined when the call could not begin, and then the request was answered. */
  #begin(event: RequestEvent, parties: Parties, ports = this.#ports): CallSession | undefined {
    const { limits, domain } = this.#options
    if (this.calls.size >= limits.calls) return this.#refuse(event, 503, [['Retry-After', '5']])
    const made = newCall(event, parties, limits, domain)
    if (made.kind === 'refused') return this.#refuse(event, made.status)
    if (this.calls.byId(made.call.id)) return this.#refuse(event, 482)
    const flow = 'flow' in parties ? parties.flow : undefined
    const session = new CallSession(made.call, made.facts, flow, ports, this.calls)
    this.calls.add(session)
    ports.callLog.began(session.live())
    session.handle({ kind: this.#arriving.get(event.transaction) === 'cancelled' ? 'cancelled' : 'began' })
    return session
  }

  #response(event: ResponseEvent): void {
    if (this.#options.prober.take(event)) return
    const { status } = event.response
    this.calls.byOutgoing(event.transaction, status >= 200)?.handle({
      kind: 'response',
      transaction: event.transaction,
      status,
      local: event.local,
      dialog: event.dialog,
      body: bodyOf(event.response),
    })
  }

  #cancelled(transaction: string): void {
    if (this.#arriving.has(transaction)) this.#arriving.set(transaction, 'cancelled')
    const session = this.calls.byIncoming(transaction)
    if (!session) return
    this.calls.answered(transaction)
    const first = session.call.transaction === transaction
    session.handle(first ? { kind: 'cancelled' } : { kind: 'relay-cancelled', transaction })
  }

  #flowClosed(flow: string): void {
    this.#options.agents.flowClosed(flow)
    this.agentFlows.closed(flow)
  }

  #refuse(event: RequestEvent, status: number, headers: readonly HeaderLine[] = []): undefined {
    this.#reply(event, status, headers)
    return undefined
  }

  #reply(event: RequestEvent, status: number, headers: readonly HeaderLine[] = []): void {
    this.#options.ports.edge.respond({ transaction: event.transaction, status, headers })
  }
}
