import Manager from 'asterisk-manager'
import { randomUUID } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf as textOf, PorticoError } from '../../runtime/errors.ts'
import type { AmiAddress } from '../domain/media-server.ts'
import { messageLimits, messageOf, outgoing, type AmiFields, type AmiMessage } from './message.ts'
import { PendingActions, type Expected } from './pending.ts'

/** What a connection needs, and whom it tells. */
export interface AmiConnectionOptions {
  readonly address: AmiAddress
  readonly clock: Clock
  readonly onUp: () => void
  readonly onEvent: (message: AmiMessage) => void
  /** Called once, last, however the connection ended. */
  readonly onOver: (error: PorticoError) => void
}

/**
 * One connection to a Manager Interface, from dialling to its end. The library dials, logs in, and turns bytes into
 * messages and back; the rest it does in ways that a long-lived process cannot use, so that is done here.
 */
export class AmiConnection {
  readonly #options: AmiConnectionOptions
  readonly #manager: Manager.Connection
  readonly #socket: Socket
  readonly #pending: PendingActions
  readonly #ends: (() => void)[] = []
  #state: 'dialling' | 'up' | 'over' = 'dialling'
  #unparsed = 0

  constructor(options: AmiConnectionOptions) {
    this.#options = options
    this.#pending = new PendingActions(options.clock)
    const { host, port, username, secret } = options.address
    const [manager, socket] = dial(() => Manager({ host, port }, undefined, username, secret, true))
    this.#manager = manager
    this.#socket = socket
    this.#takeOver()
    let failure: Error | undefined
    socket.on('error', error => (failure = error))
    socket.on('close', () => this.close(closed(options.address, failure)))
    socket.on('data', (chunk: string) => this.#count(chunk.length))
    this.#ends.push(options.clock.after(loginMs, () => this.close(silent(options.address))))
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
    if (this.#state === 'over') return
    this.#state = 'over'
    for (const end of this.#ends.splice(0)) end()
    this.#socket.destroy()
    this.#pending.fail(error)
    this.#options.onOver(error)
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
    if (response === 'error') return this.close(loginRefused(this.#options.address, message.get('message')))
    const id = message.get('actionid') ?? ''
    // The library numbers its login by the time; it sends nothing else before it hears that it was accepted.
    if (response !== 'success' || !/^\d{10,20}$/.test(id) || !this.#manager.emit(id)) return
    this.#state = 'up'
    for (const end of this.#ends.splice(0)) end()
    this.#ends.push(every(this.#options.clock, pingMs, () => void this.#ping()))
    this.#options.onUp()
  }

  /** Any answer is a sign of life, also the error of an Asterisk that is shutting down. */
  async #ping(): Promise<void> {
    try {
      await this.action({ action: 'Ping' }, pongMs)
    } catch (cause) {
      if (cause instanceof PorticoError && cause.code === 'E_AMI_TIMEOUT')
        this.close(silent(this.#options.address))
    }
  }

  /** Characters since the last whole message; the library would collect an endless one for ever. */
  #count(length: number): void {
    this.#unparsed += length
    if (this.#unparsed > 4 * messageLimits.messageBytes) this.close(tooLarge(this.#options.address))
  }
}

const loginMs = 5_000
const actionMs = 5_000
const listMs = 10_000
const pingMs = 5_000
const pongMs = 3_000

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

function loginRefused({ host, port, username }: AmiAddress, why = 'no reason given'): PorticoError {
  return new PorticoError('E_AMI_LOGIN', `${host}:${port} refused the AMI login of ${username}: ${why}`)
}
