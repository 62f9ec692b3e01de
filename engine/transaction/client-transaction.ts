import type { Clock } from '../../runtime/clock.ts'
import { TransactionAlarms } from './alarms.ts'
import type { Effect, Step } from './effects.ts'
import { beginInviteClient, stepInviteClient, type InviteClientEvent } from './invite-client.ts'
import { effectsOf, machineOf, type Machine } from './machine.ts'
import { beginNonInviteClient, stepNonInviteClient, type NonInviteClientState } from './non-invite-client.ts'
import type { InviteLimits, TimerName } from './timers.ts'
import type { TimerWheel } from './wheel.ts'

/** What a client transaction needs from its owner. `Context` is whatever the owner remembers with it, `Response` what it calls a response. */
export interface ClientOwner<Context, Response> {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly inviteLimits: InviteLimits
  sendRequest(transaction: ClientTransaction<Context, Response>, bytes: Buffer): void
  onResponse(transaction: ClientTransaction<Context, Response>, response: Response): void
  /** An INVITE was refused: the ACK is due, also for each copy of the refusal. */
  onRefused(transaction: ClientTransaction<Context, Response>, response: Response): void
  /** There will be no final response: none came in time, or the request did not leave. */
  onFailed(transaction: ClientTransaction<Context, Response>, why: 'timeout' | 'unreachable'): void
  /** It has been ringing for too long. */
  onRingingTooLong(transaction: ClientTransaction<Context, Response>): void
  /** The request goes out once more. */
  readonly onRequestAgain?: () => void
  /** Called once, at the end. */
  onClientOver(transaction: ClientTransaction<Context, Response>): void
}

/** What tells one client transaction from the others. */
export interface ClientIdentity {
  readonly id: string
  /** From `clientKey`. */
  readonly key: string
  readonly method: string
  /** The connection it depends on. */
  readonly flow?: string | undefined
}

/** A live client transaction: runs the machine of its method and carries out the effects. */
export class ClientTransaction<Context, Response> {
  readonly id: string
  readonly key: string
  readonly method: string
  readonly flow: string | undefined
  readonly context: Context
  readonly #owner: ClientOwner<Context, Response>
  readonly #alarms: TransactionAlarms
  #machine: Machine<InviteClientEvent> = nothing
  #begun = false
  #over = false

  constructor(identity: ClientIdentity, context: Context, owner: ClientOwner<Context, Response>) {
    this.id = identity.id
    this.key = identity.key
    this.method = identity.method
    this.flow = identity.flow
    this.context = context
    this.#owner = owner
    this.#alarms = new TransactionAlarms(owner.wheel, this)
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Sends the request; called once. Until then the transaction waits and can only fail. */
  begin(bytes: Buffer, reliable: boolean): void {
    if (this.#over) return
    this.#begun = true
    const { clock, inviteLimits } = this.#owner
    if (this.method === 'INVITE') {
      const begun = beginInviteClient(bytes, reliable, inviteLimits.ringMs, clock.now())
      this.#machine = machineOf(begun, stepInviteClient)
      this.#carryOut(effectsOf(begun))
    } else {
      const begun = beginNonInviteClient(bytes, reliable, clock.now())
      this.#machine = machineOf(begun, stepNonInvite)
      this.#carryOut(effectsOf(begun))
    }
  }

  receive(status: number, response: Response): void {
    this.#step({ kind: 'response', status }, response)
  }

  /** A CANCEL has left for this INVITE. */
  cancelled(): void {
    this.#step({ kind: 'cancelled' })
  }

  /** The request could not be sent. Told to the owner a moment later, never before the order that sent it has returned. */
  failSoon(): void {
    if (!this.#over) this.#alarms.start('unreachable', this.#owner.clock.now())
  }

  /** Forgets the transaction without a word. */
  drop(): void {
    if (!this.#over) this.#end()
  }

  ring(timer: TimerName): void {
    if (!this.#begun) return this.#neverBegun()
    if (timer === 'A' || timer === 'E') this.#owner.onRequestAgain?.()
    this.#step(timer === 'unreachable' ? { kind: 'unreachable' } : { kind: 'timer', timer })
  }

  #neverBegun(): void {
    if (this.#over) return
    this.#owner.onFailed(this, 'unreachable')
    this.#end()
  }

  #step(event: InviteClientEvent, response?: Response): void {
    if (!this.#over) this.#carryOut(this.#machine(event, this.#owner.clock.now()), response)
  }

  #carryOut(effects: readonly Effect[], response?: Response): void {
    for (const effect of effects) this.#effect(effect, response)
  }

  #effect(effect: Effect, response: Response | undefined): void {
    switch (effect.kind) {
      case 'send':
        return this.#owner.sendRequest(this, effect.bytes)
      case 'start':
        return this.#alarms.start(effect.timer, effect.at)
      case 'stop':
        return this.#alarms.stop(effect.timer)
      case 'deliver':
        return response === undefined ? undefined : this.#owner.onResponse(this, response)
      case 'acknowledge':
        return response === undefined ? undefined : this.#owner.onRefused(this, response)
      case 'timeout':
      case 'unreachable':
        return this.#owner.onFailed(this, effect.kind)
      case 'expire':
        return this.#owner.onRingingTooLong(this)
      case 'terminated':
        return this.#end()
      case 'trying':
        return undefined
    }
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#machine = nothing
    this.#alarms.stopAll()
    this.#owner.onClientOver(this)
  }
}

const nothing: Machine<unknown> = () => []

function stepNonInvite(
  state: NonInviteClientState,
  event: InviteClientEvent,
  now: number,
): Step<NonInviteClientState> {
  return event.kind === 'cancelled' ? [state] : stepNonInviteClient(state, event, now)
}
