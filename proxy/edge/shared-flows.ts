import type { ListenerAddress, Source } from '../../engine/api.ts'
import type { Target, TransportEvent, Transports } from '../../engine/transport/transport.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { DoorMessage, DoorTalk, FarFlow, OtherDoors } from '../ports.ts'
import { callIdOf, dialogsOf, headOf } from './glimpse.ts'

type Message = Extract<TransportEvent, { kind: 'message' }>

export interface SharedFlowsOptions {
  readonly inner: Transports
  /** The listener of agents. */
  readonly listener: string
  /** Messages of one connection that wait for the other doors at most. */
  readonly heldMessages: number
  readonly clock: Clock
}

/** How a door takes part. */
export interface Sharing {
  /** Its name among the doors. */
  readonly door: string
  readonly talk: DoorTalk
  /** Whether one of these dialogs is of this door. */
  readonly isHere: (dialogs: readonly string[]) => boolean
  /** A connection that was closed because its door was silent is there. */
  readonly isBack: (flow: string) => void
}

/**
 * Transports through which a door speaks to agents who are connected to another one. A call stays at its door, wherever its agent's
 * connection is: the door that holds the connection passes what belongs to the call on, as it came. Whoever asks first for the messages
 * of a Call-ID on a connection gets them.
 */
export class SharedFlows implements Transports, OtherDoors {
  readonly #inner: Transports
  readonly #listener: string
  readonly #heldMessages: number
  readonly #clock: Clock
  /** Connections of other doors, and which ones those are. */
  readonly #others = new Map<string, string>()
  /** Doors that are not heard: what they hold is closed to this one. */
  readonly #silent = new Set<string>()
  /** Connections of ours on which something is not only for us. */
  readonly #lent = new Map<string, Lent>()
  #sharing: Sharing | undefined
  #receive: (event: TransportEvent) => void = () => undefined

  constructor({ inner, listener, heldMessages, clock }: SharedFlowsOptions) {
    this.#inner = inner
    this.#heldMessages = heldMessages
    this.#listener = listener
    this.#clock = clock
  }

  /** Takes part from now on; until then, and after `leave`, all connections are this door's own. */
  join(sharing: Sharing): void {
    this.#sharing = sharing
  }

  leave(): void {
    this.#sharing = undefined
  }

  async start(receive: (event: TransportEvent) => void): Promise<void> {
    this.#receive = receive
    await this.#inner.start(event => this.#came(event))
  }

  async stop(): Promise<void> {
    for (const { held } of this.#lent.values()) held?.cancel()
    await this.#inner.stop()
  }

  listeners(): readonly ListenerAddress[] {
    return this.#inner.listeners()
  }

  route(target: Target): ListenerAddress | undefined {
    if (!this.#isOther(target)) return this.#inner.route(target)
    if (this.#silent.has(this.#others.get(target.flow) ?? '')) return undefined
    return this.listeners().find(({ name }) => name === this.#listener)
  }

  send(bytes: Buffer, target: Target, failed: (reason: string) => void): void {
    if (!this.#isOther(target)) return this.#inner.send(bytes, target, failed)
    const { flow } = target
    const at = this.#others.get(flow) ?? ''
    this.#say(door => ({ kind: 'to-agent', door, at, flow, bytes: bytes.toString('base64') }))
  }

  closeFlow(flow: string): void {
    if (!this.#others.has(flow)) this.#inner.closeFlow(flow)
  }

  agentHere(agent: string, flow: string): void {
    this.#say(at => ({ kind: 'agent-here', agent, at, flow }))
  }

  reach({ flow, at }: FarFlow): void {
    if (this.#inner.route({ flow }) === undefined) this.#others.set(flow, at)
  }

  claim({ flow, at }: FarFlow, callId: string): void {
    this.reach({ flow, at })
    this.#say(door => ({ kind: 'claim', door, at, flow, callId }))
  }

  isFar(flow: string): boolean {
    return this.#others.has(flow)
  }

  /** The doors that something here depends on: they hold connections of agents, or have the calls of some. */
  partners(): ReadonlySet<string> {
    const owners = [...this.#lent.values()].flatMap(lent => [...lent.owners.values()])
    return new Set([...this.#others.values(), ...owners])
  }

  /** Another door is not heard any more. Its connections are closed to this door, and its calls have no claim to anything here. */
  wentSilent(door: string): void {
    this.#silent.add(door)
    for (const { owners } of this.#lent.values())
      for (const [callId, owner] of owners) if (owner === door) owners.delete(callId)
    for (const flow of this.#flowsAt(door)) this.#receive({ kind: 'flow-closed', flow })
  }

  /** It is heard again. */
  isHeard(door: string): void {
    if (!this.#silent.delete(door)) return
    for (const flow of this.#flowsAt(door)) this.#sharing?.isBack(flow)
  }

  /** It does not come back. */
  forget(door: string): void {
    this.#silent.delete(door)
    for (const flow of this.#flowsAt(door)) this.#others.delete(flow)
  }

  #flowsAt(door: string): readonly string[] {
    return [...this.#others].flatMap(([flow, at]) => (at === door ? [flow] : []))
  }

  /** Takes what other doors say of connections. */
  hear(message: DoorMessage): void {
    const own = this.#sharing?.door
    switch (message.kind) {
      case 'claim':
        if (message.at === own) this.#lend(message.flow, message.callId, message.door)
        return
      case 'to-agent':
        if (message.at === own)
          this.#toAgent(message.flow, message.door, Buffer.from(message.bytes, 'base64'))
        return
      case 'from-agent':
        if (message.door !== own) return
        this.reach({ flow: message.source.flow, at: message.at })
        return this.#receive({
          kind: 'message',
          bytes: Buffer.from(message.bytes, 'base64'),
          source: { ...message.source, listener: this.#listener },
        })
      case 'flow-over':
        if (this.#others.delete(message.flow)) this.#receive({ kind: 'flow-closed', flow: message.flow })
        return
      default:
    }
  }

  #isOther(target: Target): target is { readonly flow: string } {
    return 'flow' in target && this.#others.has(target.flow)
  }

  #say(message: (door: string) => DoorMessage): void {
    if (this.#sharing) this.#sharing.talk.say(message(this.#sharing.door))
  }

  #came(event: TransportEvent): void {
    if (event.kind === 'flow-closed') this.#closed(event.flow)
    else if (this.#isForOther(event)) return
    this.#receive(event)
  }

  #closed(flow: string): void {
    const lent = this.#lent.get(flow)
    if (lent === undefined) return
    lent.held?.cancel()
    this.#lent.delete(flow)
    if (lent.owners.size > 0) this.#say(() => ({ kind: 'flow-over', flow }))
  }

  /** Whether a message is, or may be, of a call at another door. */
  #isForOther(event: Message): boolean {
    const { source, bytes } = event
    const { flow, transport } = source
    if (flow === undefined || !transport.startsWith('ws') || event.fault !== undefined) return false
    if (this.#sharing === undefined || this.#sharing.talk.isAlone) return false
    const head = headOf(bytes)
    const callId = callIdOf(head)
    if (callId === undefined) return false
    const owner = this.#lent.get(flow)?.owners.get(callId)
    if (owner !== undefined) this.#passOn(owner, source, bytes)
    return owner !== undefined || this.#isHeld(event, { flow, callId, head }, this.#sharing)
  }

  /** A request inside a dialog that is not known here waits until the other doors had time to say that it is theirs. */
  #isHeld(event: Message, { flow, callId, head }: Glimpse, { door, isHere, talk }: Sharing): boolean {
    const known = this.#lent.get(flow)
    if (known?.held?.callId === callId && known.held.events.length < this.#heldMessages) {
      known.held.events.push(event)
      return true
    }
    const dialogs = known?.held || known?.seen.has(callId) ? [] : dialogsOf(head, callId)
    if (dialogs.length === 0 || isHere(dialogs)) return false
    const lent = this.#lentOn(flow)
    const cancel = this.#clock.after(patienceMs, () => this.#release(lent))
    lent.held = { callId, events: [event], cancel }
    talk.say({ kind: 'whose', at: door, flow, callId, dialogs })
    return true
  }

  /** Nobody has it: this door answers, and asks no more. */
  #release(lent: Lent): void {
    const { held } = lent
    lent.held = undefined
    if (held === undefined) return
    if (lent.seen.size < mostSeen) lent.seen.add(held.callId)
    for (const event of held.events) this.#receive(event)
  }

  #lend(flow: string, callId: string, door: string): void {
    if (this.#inner.route({ flow }) === undefined) return this.#say(() => ({ kind: 'flow-over', flow }))
    const lent = this.#lentOn(flow)
    if (!lent.owners.has(callId) && lent.owners.size < mostOwners) lent.owners.set(callId, door)
    const { held } = lent
    if (held?.callId !== callId) return
    lent.held = undefined
    held.cancel()
    for (const { source, bytes } of held.events) this.#passOn(door, source, bytes)
  }

  #lentOn(flow: string): Lent {
    const lent = this.#lent.get(flow) ?? { owners: new Map(), seen: new Set(), held: undefined }
    this.#lent.set(flow, lent)
    return lent
  }

  #passOn(door: string, { transport, address, port, flow = '' }: Source, bytes: Buffer): void {
    const source = { transport, address, port, flow }
    this.#say(at => ({ kind: 'from-agent', door, at, source, bytes: bytes.toString('base64') }))
  }

  #toAgent(flow: string, door: string, bytes: Buffer): void {
    const callId = callIdOf(headOf(bytes))
    if (callId !== undefined) this.#lend(flow, callId, door)
    if (this.#inner.route({ flow }) !== undefined) this.#inner.send(bytes, { flow }, () => undefined)
  }
}

/** What was read of a message that came over `flow`. */
interface Glimpse {
  readonly flow: string
  readonly callId: string
  readonly head: string
}

/** What is known of a connection that is not only for this door. */
interface Lent {
  /** Doors by the Call-ID whose messages they get. */
  readonly owners: Map<string, string>
  /** Call-IDs that no other door wants. */
  readonly seen: Set<string>
  /** What waits for the other doors to say whose it is: one call at a time. */
  held: { readonly callId: string; readonly events: Message[]; readonly cancel: () => void } | undefined
}

const patienceMs = 400
/** One agent has few calls at once; more Call-IDs than these on one connection stay with this door. */
const mostOwners = 16
const mostSeen = 64
