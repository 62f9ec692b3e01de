import type { Clock } from '../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { AmiAddress } from '../domain/media-server.ts'
import { AmiConnection, type AmiEnd } from './connection.ts'
import { outgoing, type AmiFields, type AmiMessage } from './message.ts'

/** A lasting connection to the Manager Interface of one Asterisk: it comes back by itself until it is stopped. */
export interface AmiLink {
  /** Begins to connect. `listener` gets events one at a time, never those of a connection that is already gone. */
  start(listener: (event: LinkEvent) => void): void
  stop(): void
  /**
   * Sends one action and resolves to its response. Rejects with `E_AMI_REFUSED` (by Asterisk, or by us because it
   * cannot be sent safely), `E_AMI_TIMEOUT`, or `E_AMI_CLOSED` while there is no connection; nothing waits for one.
   */
  action(fields: AmiFields): Promise<AmiMessage>
  /** Sends an action that is answered by a list; resolves to its items once `completeEvent` came. Fails as `action` does. */
  list(fields: AmiFields, completeEvent: string): Promise<readonly AmiMessage[]>
  /** Tells that the connection proved useful: after the next loss the waits between attempts begin short again. */
  proven(): void
}

/** What a link tells. Generations count the connections that came up. */
export type LinkEvent =
  /** Logged in. */
  | { readonly kind: 'up'; readonly generation: number }
  /** An attempt failed (`E_AMI_LOGIN`: wrong user or password) or a connection was lost. */
  | { readonly kind: 'down'; readonly error: PorticoError; readonly end: AmiEnd }
  /** Asterisk began to refuse every action because it shuts down, or takes them again. */
  | { readonly kind: 'stopping'; readonly generation: number; readonly stopping: boolean }
  /** It owes an answer for longer than one that works takes, or has given it. */
  | { readonly kind: 'silent'; readonly generation: number; readonly silent: boolean }
  | { readonly kind: 'event'; readonly generation: number; readonly message: AmiMessage }

/** What a link needs. */
export interface AmiLinkOptions {
  /** Id of the media server, for the log. */
  readonly server: string
  readonly address: AmiAddress
  readonly clock: Clock
  /** A number in [0, 1) that spreads the attempts of many links. */
  readonly chance: () => number
  readonly log: Log
}

/** A link over asterisk-manager. Throws `E_AMI_REFUSED` when user or password cannot be sent. */
export function createAmiLink(options: AmiLinkOptions): AmiLink {
  outgoing({ username: options.address.username, secret: options.address.secret })
  return new ReconnectingLink(options)
}

/**
 * How long to wait before attempt number `failures` + 1: anything up to 0.25 s · 2^failures. At most 1.5 s, so that a
 * server is heard again soon after its return; at most 10 s where a human must first correct something. Hardly at all after a
 * connection that worked was reset: whether anybody still listens there tells whether its calls must be saved. A process that is being
 * killed may have lost that connection and not yet the port, so the next attempt comes soon as well.
 */
export function backoffMs(failures: number, end: AmiEnd, chance: number): number {
  if (failures < 2 && end === 'gone') return (1 + 4 * chance) * 4 ** failures
  return chance * Math.min(end === 'refused' ? 10_000 : 1_500, 250 * 2 ** failures)
}

class ReconnectingLink implements AmiLink {
  readonly #options: AmiLinkOptions
  #listener: (event: LinkEvent) => void = () => undefined
  #connection: AmiConnection | undefined
  #stopped = false
  #generation = 0
  #failures = 0
  #cancelRetry: (() => void) | undefined
  /** What the log was told last: each change once. */
  #said = ''

  constructor(options: AmiLinkOptions) {
    this.#options = options
  }

  start(listener: (event: LinkEvent) => void): void {
    this.#listener = listener
    this.#dial()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelRetry?.()
    this.#connection?.close(new PorticoError('E_AMI_CLOSED', 'the AMI link was stopped'))
  }

  async action(fields: AmiFields): Promise<AmiMessage> {
    return await this.#connected().action(fields)
  }

  async list(fields: AmiFields, completeEvent: string): Promise<readonly AmiMessage[]> {
    return await this.#connected().list(fields, completeEvent)
  }

  proven(): void {
    this.#failures = 0
  }

  #connected(): AmiConnection {
    if (this.#connection) return this.#connection
    throw new PorticoError('E_AMI_CLOSED', `no AMI connection to ${this.#options.server}`)
  }

  #dial(): void {
    const { address, clock } = this.#options
    try {
      this.#connection = new AmiConnection({
        address,
        clock,
        onUp: () => this.#up(),
        onEvent: message => this.#listener({ kind: 'event', generation: this.#generation, message }),
        onStopping: stopping => this.#listener({ kind: 'stopping', generation: this.#generation, stopping }),
        onSilent: silent => this.#listener({ kind: 'silent', generation: this.#generation, silent }),
        onOver: (error, end) => this.#down(error, end),
      })
    } catch (cause) {
      const why = `no connection could be made to ${this.#options.server}: ${messageOf(cause)}`
      this.#down(new PorticoError('E_AMI_CLOSED', why, { cause }), 'refused')
    }
  }

  #up(): void {
    this.#generation += 1
    this.#say('up', () => this.#options.log.info('ami.up', this.#place()))
    this.#listener({ kind: 'up', generation: this.#generation })
  }

  #down(error: PorticoError, end: AmiEnd): void {
    this.#connection = undefined
    if (this.#stopped) return
    this.#say(error.code, () => this.#logDown(error))
    this.#listener({ kind: 'down', error, end })
    const { clock, chance } = this.#options
    this.#cancelRetry = clock.after(backoffMs(this.#failures, end, chance()), () => this.#dial())
    this.#failures += 1
  }

  #logDown(error: PorticoError): void {
    const { log } = this.#options
    const fields = { ...this.#place(), code: error.code, cause: error.message }
    if (error.code === 'E_AMI_LOGIN') {
      const next = `set the AMI user and secret of this server to those in its manager.conf, or correct that file`
      log.error('ami.login-refused', { ...fields, user: this.#options.address.username, next })
    } else {
      log.warn('ami.down', { ...fields, next: 'trying again; no new agents are placed there meanwhile' })
    }
  }

  #say(what: string, write: () => void): void {
    if (this.#said !== what) write()
    this.#said = what
  }

  #place(): { server: string; host: string; port: number } {
    const { server, address } = this.#options
    return { server, host: address.host, port: address.port }
  }
}
