import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { every } from '../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import { startAll, type Part } from '../../runtime/lifecycle.ts'
import type { Certificate } from '../transport/transport-options.ts'
import { AppConnection } from './app-connection.ts'
import { createBook } from './book.ts'
import { createCdrs } from './cdr.ts'
import { controlDefaults, type ControlLimits, type ControlOptions } from './control-options.ts'
import { deliver } from './delivery.ts'
import { answerForTheSilent, clearUpAfter } from './departed.ts'
import { createDoor, type Door, type Place } from './door.ts'
import { parseAppMessage, type AppMessage } from './leader.ts'
import { hostports } from './listeners.ts'
import { carryOut } from './orders.ts'
import { startProxying } from './proxying.ts'
import { reply } from './replies.ts'
import { createSerial } from './serial.ts'
import { tagsFault } from './tags.ts'
import type { Traffic } from './traffic.ts'

/** The drachtio control port of an engine. */
export interface Control extends Part {
  /** Where applications connect, once it is started. */
  address(): Place
  /** Where they connect over TLS; undefined when there is no such port. */
  tlsAddress(): Place | undefined
  /** The TLS port shows this certificate from now on. Throws `E_LISTEN` when it cannot be used; then the old one stays. */
  renewCertificate(certificate: Certificate): void
}

/**
 * Serves the drachtio control protocol on top of `engine`, whose events it takes from now on; starting and stopping the
 * engine is left to the caller. Throws `E_CONFIG` without a secret; `start` rejects with `E_PORT_IN_USE` or `E_LISTEN`.
 */
export function createControl(options: ControlOptions): Control {
  return new ControlPort(options)
}

class ControlPort implements Control {
  readonly name = 'control'
  readonly #options: ControlOptions
  readonly #limits: ControlLimits
  readonly #traffic: Traffic
  readonly #inTurn = createSerial(cause =>
    this.#options.log.error('control.fault', { cause: messageOf(cause) }),
  )
  readonly #apps = new Set<AppConnection>()
  readonly #plain: Door
  readonly #secure: Door | undefined
  #stopSweeping: () => void = () => undefined
  #closeDoors: () => Promise<void> = () => Promise.resolve()

  constructor(options: ControlOptions) {
    if (options.secret === '')
      throw new PorticoError('E_CONFIG', 'the control port needs a secret that is not empty')
    this.#options = options
    this.#limits = { ...controlDefaults, ...options.limits }
    const { engine, clock, log, tls, hangUpAfterMs } = options
    const book = createBook(this.#limits)
    const cdrs = createCdrs(book.routes, clock, options.cdrs === true)
    this.#traffic = { engine, clock, log, book, cdrs, inTurn: this.#inTurn, hangUpAfterMs }
    this.#plain = this.#door(options)
    this.#secure = tls && this.#door(tls, tls.certificate)
    engine.onEvent(event => this.#inTurn(() => deliver(this.#traffic, event)))
  }

  async start(): Promise<void> {
    const { clock, log } = this.#options
    const doors = [this.#plain, ...(this.#secure === undefined ? [] : [this.#secure])]
    this.#closeDoors = await startAll(
      doors.map(door => ({ name: 'door', start: () => door.open(), stop: () => door.close() })),
      (part, cause) => log.warn('control.stop-failed', { part, cause }),
    )
    const sweep = (): void => answerForTheSilent(this.#traffic, clock.now() - this.#limits.firstResponseMs)
    this.#stopSweeping = every(clock, 1000, () => this.#inTurn(sweep))
    for (const door of doors) log.info('control.listening', { ...door.address() })
  }

  async stop(): Promise<void> {
    this.#stopSweeping()
    for (const app of this.#apps) app.end()
    await this.#closeDoors()
  }

  address(): Place {
    return this.#plain.address()
  }

  tlsAddress(): Place | undefined {
    return this.#secure?.address()
  }

  renewCertificate(certificate: Certificate): void {
    this.#secure?.renew(certificate)
  }

  #door({ host, port }: Place, certificate?: Certificate): Door {
    return createDoor({
      host,
      port,
      certificate,
      handshakeMs: this.#limits.authenticateMs,
      maxConnections: this.#limits.apps,
      log: this.#options.log,
      accept: socket => this.#accept(socket),
    })
  }

  #accept(socket: Socket): void {
    const { clock, log } = this.#options
    if (this.#apps.size >= this.#limits.apps) {
      log.warn('control.too-many-applications', { limit: this.#limits.apps })
      socket.destroy()
      return
    }
    const app = new AppConnection({
      name: `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`,
      socket,
      frameBytes: this.#limits.frameBytes,
      outboxBytes: this.#limits.outboxBytes,
      receive: (from, payload) => this.#inTurn(() => this.#receive(from, payload)),
      gone: (from, why) => this.#inTurn(() => this.#gone(from, why)),
    })
    this.#apps.add(app)
    const cancel = clock.after(this.#limits.authenticateMs, () => {
      if (!app.authenticated) app.end('did not authenticate')
    })
    socket.once('close', cancel)
  }

  #receive(app: AppConnection, payload: Buffer): void {
    const message = parseAppMessage(payload)
    if (message === undefined) return app.end('message without an id')
    if (message.kind === 'authenticate') return this.#authenticate(app, message)
    if (!app.authenticated) return this.#refuse(app, message.id, 'not authenticated')
    this.#obey(app, message)
  }

  #authenticate(app: AppConnection, message: Extract<AppMessage, { kind: 'authenticate' }>): void {
    const { id, secret, tags } = message
    const { engine, log, version } = this.#options
    if (!sameSecret(secret, this.#options.secret)) return this.#refuse(app, id, 'incorrect secret')
    const fault = tagsFault(tags)
    if (fault !== undefined) return this.#refuse(app, id, fault)
    app.authenticated = true
    app.tags = tags
    log.info('control.application', { app: app.name, tags })
    const listeners = engine.listeners()
    reply(app, id, 'OK', hostports(listeners, 'advertised'), version, hostports(listeners, 'bound'))
  }

  #refuse(app: AppConnection, id: string, why: string): void {
    reply(app, id, 'NO', why)
    app.end(why)
  }

  #obey(app: AppConnection, message: Exclude<AppMessage, { kind: 'authenticate' }>): void {
    switch (message.kind) {
      case 'route':
        return this.#route(app, message.id, message.verb)
      case 'remove-route':
        this.#traffic.book.routes.remove(message.verb, app)
        return reply(app, message.id, 'OK')
      case 'ping':
        return reply(app, message.id, 'OK', 'pong')
      case 'sip':
        return carryOut(this.#traffic, app, message)
      case 'proxy':
        return startProxying(this.#traffic, app, message)
      case 'unknown':
        return this.#refuse(app, message.id, 'Unknown message type')
    }
  }

  #route(app: AppConnection, id: string, verb: string): void {
    const { cdrs, book } = this.#traffic
    if (verb.startsWith('cdr:') && !cdrs.isOn)
      return reply(app, id, 'NO', 'call records are switched off on this server')
    if (!verbPattern.test(verb))
      return reply(app, id, 'NO', 'route needs a method, or cdr:attempt, :start or :stop')
    book.routes.add(verb, app)
    reply(app, id, 'OK')
  }

  #gone(app: AppConnection, why: string | undefined): void {
    this.#apps.delete(app)
    this.#options.log.info('control.application-gone', { app: app.name, why: why ?? 'hung up' })
    clearUpAfter(this.#traffic, app)
  }
}

const verbPattern = /^(?:[a-z]{1,32}|cdr:(?:attempt|start|stop))$/

/** Takes the same time whatever the difference is. */
function sameSecret(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
