import { EventEmitter } from 'node:events'
import type { Clock } from '../../runtime/clock.ts'
import { PorticoError } from '../../runtime/errors.ts'
import type { MediaServer } from '../domain/media-server.ts'
import type { OriginateOutcome } from './actions.ts'
import { AmiConnection } from './connection.ts'
import { outgoing, type AmiFields, type AmiMessage } from './message.ts'
import type { RingOrder } from './originate.ts'

/** One Manager connection for actions. It logs in at once, and ends when it was not used for `idleMs`. */
export class ActionSession {
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #connection: AmiConnection
  readonly #ready: Promise<void>
  /** `up`, `over`, and `channel <Uniqueid>` for every event of a channel. */
  readonly #told = new EventEmitter().setMaxListeners(0)
  #users = 0
  #cancelIdle: (() => void) | undefined

  /** Throws `E_AMI_REFUSED` when user or password cannot be sent. `onOver` is called once, last. */
  constructor({ ami }: MediaServer, clock: Clock, idleMs: number, onOver: () => void) {
    outgoing({ username: ami.username, secret: ami.secret })
    this.#clock = clock
    this.#idleMs = idleMs
    this.#connection = new AmiConnection({
      address: ami,
      clock,
      onUp: () => this.#told.emit('up'),
      onEvent: message => this.#told.emit(`channel ${message.get('uniqueid') ?? ''}`, message),
      onOver: error => {
        this.#cancelIdle?.()
        onOver()
        this.#told.emit('over', error)
      },
    })
    this.#ready = new Promise((resolve, reject) => void this.#told.once('up', resolve).once('over', reject))
  }

  /** Does some work once logged in. The connection stays for that long at least. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users += 1
    this.#cancelIdle?.()
    try {
      await this.#ready
      return await work()
    } finally {
      this.#users -= 1
      if (this.#users === 0) this.#cancelIdle = this.#clock.after(this.#idleMs, () => this.close())
    }
  }

  close(): void {
    this.#connection.close(new PorticoError('E_AMI_CLOSED', 'the AMI connection is no longer needed'))
  }

  action(fields: AmiFields): Promise<AmiMessage> {
    return this.#connection.action(fields)
  }

  list(fields: AmiFields, completeEvent: string): Promise<readonly AmiMessage[]> {
    return this.#connection.list(fields, completeEvent)
  }

  channels(): Promise<readonly AmiMessage[]> {
    return this.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
  }

  /** Orders a call and follows its channel until the far side has answered or will not. */
  async originate(
    { call, ringMs }: Pick<RingOrder, 'call' | 'ringMs'>,
    fields: AmiFields,
    onTaken: () => void,
  ): Promise<OriginateOutcome> {
    const channel = this.#follow(call)
    try {
      await this.action(fields)
      onTaken()
      const response = await channel.next('OriginateResponse', ringMs + graceMs)
      if (response?.get('response')?.toLowerCase() === 'success') return { kind: 'answered' }
      if (!response)
        throw new PorticoError('E_AMI_TIMEOUT', `Asterisk did not tell what became of call ${call}`)
      // Why it failed stands in the Hangup alone, which may come before or after.
      const hangup = await channel.next('Hangup', hangupMs)
      if (hangup) return failed(hangup)
      const living = (await this.channels()).some(one => one.get('uniqueid') === call)
      return living ? { kind: 'already' } : { kind: 'failed', cause: 0 }
    } finally {
      channel.end()
    }
  }

  /** Keeps what is told of one channel until somebody asks for it. */
  #follow(uniqueid: string): Followed {
    const name = `channel ${uniqueid}`
    const seen = new Map<string, AmiMessage>()
    let heard: (() => void) | undefined
    let over: PorticoError | undefined
    const onEvent = (message: AmiMessage): void => {
      seen.set(message.get('event')?.toLowerCase() ?? '', message)
      heard?.()
    }
    const onOver = (error: PorticoError): void => {
      over = error
      heard?.()
    }
    this.#told.on(name, onEvent).on('over', onOver)
    return {
      next: (event, ms) =>
        new Promise((resolve, reject) => {
          const cancel = this.#clock.after(ms, () => resolve(undefined))
          heard = () => {
            const found = seen.get(event.toLowerCase())
            if (!found && !over) return
            cancel()
            if (found) resolve(found)
            else reject(over)
          }
          heard()
        }),
      end: () => void this.#told.off(name, onEvent).off('over', onOver),
    }
  }
}

/** What is told of one channel. */
interface Followed {
  /** An event of that name, seen already or to come; undefined when it does not come in time. */
  next(event: string, withinMs: number): Promise<AmiMessage | undefined>
  end(): void
}

/** How much later than the end of the ringing Asterisk may tell of it. */
const graceMs = 5_000
const hangupMs = 1_000

function failed(hangup: AmiMessage): OriginateOutcome {
  const cause = Number(hangup.get('cause')) || 0
  const status = Number(hangup.get('techcause'))
  return status >= 300 && status < 700 ? { kind: 'failed', cause, status } : { kind: 'failed', cause }
}
