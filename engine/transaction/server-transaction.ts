import type { Clock } from '../../runtime/clock.ts'
import { TransactionAlarms } from './alarms.ts'
import type { Effect, Step } from './effects.ts'
import { beginInviteServer, stepInviteServer, type InviteServerEvent } from './invite-server.ts'
import { effectsOf, machineOf, type Machine } from './machine.ts'
import { beginNonInviteServer, stepNonInviteServer, type NonInviteServerState } from './non-invite-server.ts'
import type { InviteLimits, TimerName } from './timers.ts'
import type { TimerWheel } from './wheel.ts'

/** What a server transaction needs from its owner. `Context` is whatever the owner remembers with it. */
export interface ServerOwner<Context> {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly inviteLimits: InviteLimits
  /** Sends to where the request came from. */
  sendResponse(transaction: ServerTransaction<Context>, bytes: Buffer): void
  /** 100 Trying is due. */
  onTrying(transaction: ServerTransaction<Context>): void
  /** The application has not answered an INVITE in time. */
  onUnanswered(transaction: ServerTransaction<Context>): void
  /** A refusal goes out once more. */
  readonly onResponseAgain?: () => void
  /** Called once, at the end. */
  onServerOver(transaction: ServerTransaction<Context>): void
}

/** What tells one server transaction from the others. */
export interface ServerIdentity {
  readonly id: string
  /** From `serverKey`. */
  readonly key: string
  /** The address it came from. */
  readonly address: string
  readonly method: string
  readonly reliable: boolean
}

/** A live server transaction: runs the machine of its method and carries out the effects. */
export class ServerTransaction<Context> {
  readonly id: string
  readonly key: string
  readonly address: string
  readonly method: string
  readonly context: Context
  readonly #reliable: boolean
  readonly #owner: ServerOwner<Context>
  readonly #alarms: TransactionAlarms
  #machine: Machine<InviteServerEvent> = nothing
  #over = false

  constructor(identity: ServerIdentity, context: Context, owner: ServerOwner<Context>) {
    this.id = identity.id
    this.key = identity.key
    this.address = identity.address
    this.method = identity.method
    this.context = context
    this.#reliable = identity.reliable
    this.#owner = owner
    this.#alarms = new TransactionAlarms(owner.wheel, this)
  }

  get isOver(): boolean {
    return this.#over
  }

  /** The request has arrived; called once, before anything else. */
  begin(): void {
    const now = this.#owner.clock.now()
    if (this.method === 'INVITE') {
      const begun = beginInviteServer(this.#reliable, this.#owner.inviteLimits, now)
      this.#machine = machineOf(begun, stepInviteServer)
      this.#carryOut(effectsOf(begun))
    } else {
      const begun = beginNonInviteServer(this.#reliable, now)
      this.#machine = machineOf(begun, stepNonInvite)
      this.#carryOut(effectsOf(begun))
    }
  }

  /** The same request came again. */
  receiveAgain(): void {
    this.#step({ kind: 'request' })
  }

  /** Takes an ACK in; true when it is that of a 2xx, which is the transaction user's. */
  receiveAck(): boolean {
    return this.#step({ kind: 'ack' })
  }

  respond(status: number, bytes: Buffer): void {
    this.#step({ kind: 'respond', status, bytes })
  }

  /** Forgets the transaction without a word. */
  drop(): void {
    if (!this.#over) this.#end()
  }

  ring(timer: TimerName): void {
    if (timer === 'G') this.#owner.onResponseAgain?.()
    this.#step({ kind: 'timer', timer })
  }

  #step(event: InviteServerEvent): boolean {
    return !this.#over && this.#carryOut(this.#machine(event, this.#owner.clock.now()))
  }

  /** True when the message of the event is to be passed up. */
  #carryOut(effects: readonly Effect[]): boolean {
    let passUp = false
    for (const effect of effects) {
      if (effect.kind === 'deliver') passUp = true
      else this.#effect(effect)
    }
    return passUp
  }

  #effect(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.#owner.sendResponse(this, effect.bytes)
      case 'start':
        return this.#alarms.start(effect.timer, effect.at)
      case 'stop':
        return this.#alarms.stop(effect.timer)
      case 'trying':
        return this.#owner.onTrying(this)
      case 'timeout':
        return this.#owner.onUnanswered(this)
      case 'terminated':
        return this.#end()
      default:
        return undefined
    }
  }

  #end(): void {
    this.#over = true
    this.#machine = nothing
    this.#alarms.stopAll()
    this.#owner.onServerOver(this)
  }
}

const nothing: Machine<unknown> = () => []

function stepNonInvite(
  state: NonInviteServerState,
  event: InviteServerEvent,
  now: number,
): Step<NonInviteServerState> {
  return event.kind === 'ack' ? [state] : stepNonInviteServer(state, event, now)
}
