import Manager from 'asterisk-manager'
import { randomUUID } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf as textOf, PorticoError } from '../../runtime/errors.ts'
import type { AmiAddress } from '../domain/media-server.ts'
import { messageLimits, messageOf, outgoing, type AmiFields, type AmiMessage } from './message.ts'
import { PendingActions, type Expected } from './pending.ts'
import { openWire, type Wire } from './wire.ts'

/** How a connection ended. */
export type AmiEnd =
  /** Closed or reset by the other end: that Asterisk may be dead. */
  | 'gone'
  /** Nobody listens there: that Asterisk is dead. */
  | 'absent'
  /** It shuts down gracefully and lets nobody in. */
  | 'stopping'
  /** The other end takes our bytes and does not answer. */
  | 'silent'
  /** There is no way to it, or no answer to our SYN. */
  | 'unreachable'
  /** We were not let in, or do not believe what we hear; or we closed it ourselves. */
  | 'refused'

/** What a connection needs, and whom it tells. */
export interface AmiConnectionOptions {
  readonly address: AmiAddress
  readonly clock: Clock
  readonly onUp: () => void
  readonly onEvent: (message: AmiMessage) => void
  /** Asterisk began to refuse every action because it shuts down, or takes them again. */
  readonly onStopping?: (stopping: boolean) => void
  /** A ping is late, or the one that was late is answered. Whoever wants to know is pinged for more often. */
  readonly onSilent?: (silent: boolean) => void
  /** Called once, last, however the connection ended. */
  readonly onOver: (error: PorticoError, end: AmiEnd) => void
}

/**
 * One connection to a Manager Interface, from dialling to its end. The library dials, logs in, and turns bytes into
 * messages and back; the rest it does in ways that a long-lived process cannot use, so that is done here.
 */
export class AmiConnection {
  readonly #options: AmiConnectionOptions
  readonly #manager: Manager.Connection
  readonly #wire: Wire
  readonly #socket: Socket
  readonly #pending: PendingActions
  readonly #cancels: (() => void)[] = []
  #state: 'dialling' | 'up' | 'over' = 'dialling'
  #stopping = false
  #silent = false
  #isPinging = false
  #unparsed = 0

  constructor(options: AmiConnectionOptions) {
    this.#options = options
    const { address, clock } = options
    this.#pending = new PendingActions(clock)
    const { username, secret } = address
    const wire = openWire(address)
    const [manager, socket] = dial(() => Manager(wire.at, undefined, username, secret, true))
    this.#wire = wire
    this.#manager = manager
    this.#socket = socket
    this.#takeOver()
    let failure: Error | undefined
    socket.on('error', error => (failure = error))
    socket.on('close', () => this.#closed(wire.failure() ?? failure))
    socket.on('data', (chunk: string) => this.#count(chunk.length))
    const cancelConnect = clock.after(connectMs, () => this.#end(silent(address), 'unreachable'))
    wire.onConnected(socket, cancelConnect)
    const cancelLogin = clock.after(loginMs, () => this.#end(silent(address), 'silent'))
    this.#cancels.push(cancelConnect, cancelLogin)
  }

  /** See `AmiLink.action`. */
  async action(fields: AmiFields, timeoutMs = actionMs): Promise<AmiMessage> {
    const [message] = await this.#send(fields, { kind: 'response' }, timeoutMs)
    return message ?? new Map()
  }

  /** See `AmiLink.list`. */
  list(fields: AmiFields, completeEvent: string): Promise<readonly AmiMessage[]> {
    return this.#send(fields, { kind: 'list', completeEvent }, listMs)
  }

  /** Ends the connection. What is pending is rejected with `error`. */
  close(error: PorticoError): void {
    this.#end(error, 'refused')
  }

  #closed(failure: Error | undefined): void {
    this.#end(closed(this.#options.address, failure), endOf(failure))
  }

  #end(error: PorticoError, end: AmiEnd): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#socket.destroy()
    this.#wire.close()
    this.#pending.fail(error)
    this.#options.onOver(error, end)
  }

  async #send(fields: AmiFields, expected: Expected, timeoutMs: number): Promise<readonly AmiMessage[]> {
    const headers = outgoing(fields)
    if (this.#state !== 'up') throw new PorticoError('E_AMI_CLOSED', 'not logged in to Asterisk')
    this.#pending.checkRoom()
    const id = randomUUID()
    const answer = this.#pending.expect(id, expected, timeoutMs)
    this.#manager.action({ ...headers, actionid: id })
    // The library would keep its own callback for ever.
    this.#manager.emit(id)
    return await answer
  }

  /**
   * The library emits every message under its ActionID and its event name on one emitter that also carries its own
   * events: a peer that sends `Event: rawevent` makes it loop for ever. So nothing but a parsed message is taken from it.
   */
  #takeOver(): void {
    for (const listener of this.#manager.listeners('rawevent'))
      this.#manager.removeListener('rawevent', listener)
    this.#manager.on('rawevent', item => {
      this.#unparsed = 0
      const message = messageOf(item)
      if (message) this.#received(message)
      else this.close(tooLarge(this.#options.address))
    })
  }

  #received(message: AmiMessage): void {
    if (this.#state === 'dialling') this.#loginAnswered(message)
    else if (this.#state === 'up' && !this.#pending.takes(message) && message.has('event')) {
      this.#options.onEvent(message)
    }
  }

  #loginAnswered(message: AmiMessage): void {
    const response = message.get('response')?.toLowerCase()
    if (response === 'error') return this.#loginRefused(message.get('message'))
    const id = message.get('actionid') ?? ''
    // The library numbers its login by the time; it sends nothing else before it hears that it was accepted.
    if (response !== 'success' || !/^\d{10,20}$/.test(id) || !this.#manager.emit(id)) return
    this.#state = 'up'
    for (const cancel of this.#cancels.splice(0)) cancel()
    const ms = this.#options.onSilent === undefined ? pingMs : watchedPingMs
    this.#cancels.push(every(this.#options.clock, ms, () => void this.#ping()))
    this.#options.onUp()
  }

  #loginRefused(why = 'no reason given'): void {
    const { address } = this.#options
    if (isShutdown(why)) this.#end(closed(address, new Error(why)), 'stopping')
    else this.close(loginRefused(address, why))
  }

  /** Any answer is a sign of life, also the error of an Asterisk that is shutting down. */
  async #ping(): Promise<void> {
    if (this.#isPinging) return
    this.#isPinging = true
    const onTime = this.#options.clock.after(lateMs, () => this.#isSilent(true))
    try {
      await this.action({ action: 'Ping' }, pongMs)
      this.#isStopping(false)
      this.#isSilent(false)
    } catch (cause) {
      if (!(cause instanceof PorticoError)) throw cause
      if (cause.code === 'E_AMI_TIMEOUT') this.#end(silent(this.#options.address), 'silent')
      if (cause.code === 'E_AMI_REFUSED') this.#refused(cause.message)
    } finally {
      onTime()
      this.#isPinging = false
    }
  }

  #refused(why: string): void {
    this.#isStopping(isShutdown(why))
    this.#isSilent(false)
  }

  #isSilent(isLate: boolean): void {
    if (this.#silent === isLate || this.#state !== 'up') return
    this.#silent = isLate
    this.#options.onSilent?.(isLate)
  }

  #isStopping(stopping: boolean): void {
    if (this.#stopping === stopping) return
    this.#stopping = stopping
    this.#options.onStopping?.(stopping)
  }

  /** Characters since the last whole message; the library would collect an endless one for ever. */
  #count(length: number): void {
    this.#unparsed += length
    if (this.#unparsed > 4 * messageLimits.messageBytes) this.close(tooLarge(this.#options.address))
  }
}

/** Long enough for a second SYN; a third would come two seconds later still. */
const connectMs = 2_000
const loginMs = 5_000
const actionMs = 5_000
const listMs = 10_000
/** Together: a server that hangs is noticed within five seconds. */
const pingMs = 2_000
const pongMs = 3_000
/** Together: it is suspected within one second. */
const watchedPingMs = 400
const lateMs = 600

/** The library shows its socket to nobody; Node tells of every socket that is made. */
function dial(connect: () => Manager.Connection): readonly [Manager.Connection, Socket] {
  let socket: Socket | undefined
  const listener = (made: unknown): void => {
    if (typeof made === 'object' && made && 'socket' in made && made.socket instanceof Socket)
      socket = made.socket
  }
  diagnostics.subscribe('net.client.socket', listener)
  try {
    const manager = connect()
    if (!socket) throw new PorticoError('E_AMI_CLOSED', 'this version of Node does not tell of its sockets')
    return [manager, socket]
  } finally {
    diagnostics.unsubscribe('net.client.socket', listener)
  }
}

/** What Asterisk says to every action, even Ping, once it was told to stop gracefully. */
export function isShutdown(message: string): boolean {
  return /shutting down/i.test(message)
}

function endOf(failure: Error | undefined): AmiEnd {
  if (failure === undefined) return 'gone'
  const code = 'code' in failure ? String(failure.code) : ''
  return endsByCode.get(code) ?? 'refused'
}

const endsByCode: ReadonlyMap<string, AmiEnd> = new Map([
  ['ECONNRESET', 'gone'],
  ['EPIPE', 'gone'],
  ['ECONNREFUSED', 'absent'],
  ['ETIMEDOUT', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
])

function closed({ host, port }: AmiAddress, cause: unknown): PorticoError {
  const why = cause === undefined ? 'closed by Asterisk' : textOf(cause)
  return new PorticoError('E_AMI_CLOSED', `AMI connection to ${host}:${port} is over: ${why}`, { cause })
}

function silent({ host, port }: AmiAddress): PorticoError {
  return new PorticoError('E_AMI_TIMEOUT', `no answer in time on the AMI connection to ${host}:${port}`)
}

function tooLarge({ host, port }: AmiAddress): PorticoError {
  return new PorticoError('E_AMI_CLOSED', `${host}:${port} sent more than any AMI message holds; dropped it`)
}

function loginRefused({ host, port, username }: AmiAddress, why: string): PorticoError {
  return new PorticoError('E_AMI_LOGIN', `${host}:${port} refused the AMI login of ${username}: ${why}`)
}
