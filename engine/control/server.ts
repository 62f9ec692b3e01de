import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { every } from '../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import { AppConnection } from './app-connection.ts'
import { createBook } from './book.ts'
import { controlDefaults, type ControlLimits, type ControlOptions } from './control-options.ts'
import { deliver, type Traffic } from './delivery.ts'
import { parseAppMessage, replyLeader, type AppMessage } from './leader.ts'
import { hostports } from './listeners.ts'
import { carryOut } from './orders.ts'
import { createSerial } from './serial.ts'

/** The drachtio control port of an engine. */
export interface Control extends Part {
  /** Where applications connect, once it is started. */
  address(): { readonly host: string; readonly port: number }
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
  readonly #server: Server
  #stopSweeping: () => void = () => undefined

  constructor(options: ControlOptions) {
    if (options.secret === '')
      throw new PorticoError('E_CONFIG', 'the control port needs a secret that is not empty')
    this.#options = options
    this.#limits = { ...controlDefaults, ...options.limits }
    const { engine, clock, log } = options
    this.#traffic = { engine, clock, log, book: createBook(this.#limits.dialogs) }
    this.#server = createServer(socket => this.#accept(socket))
    engine.onEvent(event => this.#inTurn(() => deliver(this.#traffic, event)))
  }

  async start(): Promise<void> {
    const { host, port, clock, log } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause => reject(listenError(host, port, cause)))
      this.#server.listen(port, host, resolve)
    })
    this.#server.on('error', cause => log.error('control.listener', { cause: cause.message }))
    this.#stopSweeping = every(clock, 1000, () => this.#inTurn(() => this.#answerForTheSilent()))
    log.info('control.listening', this.address())
  }

  async stop(): Promise<void> {
    this.#stopSweeping()
    for (const app of this.#apps) app.end()
    if (!this.#server.listening) return
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
    })
  }

  address(): { readonly host: string; readonly port: number } {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string')
      return { host: this.#options.host, port: this.#options.port }
    return { host: bound.address, port: bound.port }
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
    if (!app.authenticated) {
      reply(app, message.id, 'NO', 'not authenticated')
      return app.end('not authenticated')
    }
    this.#obey(app, message)
  }

  #authenticate(app: AppConnection, { id, secret }: Extract<AppMessage, { kind: 'authenticate' }>): void {
    if (!sameSecret(secret, this.#options.secret)) {
      reply(app, id, 'NO', 'incorrect secret')
      return app.end('incorrect secret')
    }
    app.authenticated = true
    this.#options.log.info('control.application', { app: app.name })
    const listeners = this.#options.engine.listeners()
    const { version } = this.#options
    reply(app, id, 'OK', hostports(listeners, 'advertised'), version, hostports(listeners, 'bound'))
  }

  #obey(app: AppConnection, message: Exclude<AppMessage, { kind: 'authenticate' }>): void {
    const { routes } = this.#traffic.book
    switch (message.kind) {
      case 'route':
        return this.#route(app, message.id, message.verb)
      case 'remove-route':
        routes.remove(message.verb, app)
        return reply(app, message.id, 'OK')
      case 'ping':
        return reply(app, message.id, 'OK', 'pong')
      case 'sip':
        return carryOut(this.#traffic, app, message)
      case 'proxy':
        // Not `NO`: drachtio-srf waits for ever unless a refused `proxy` says `NOK`.
        return reply(app, message.id, 'NOK', 'proxy is not supported by this server')
      case 'unknown':
        reply(app, message.id, 'NO', 'Unknown message type')
        return app.end('unknown message type')
    }
  }

  #route(app: AppConnection, id: string, verb: string): void {
    if (verb.startsWith('cdr:')) return reply(app, id, 'NO', 'call records are not sent by this server')
    if (!/^[a-z]{1,32}$/.test(verb)) return reply(app, id, 'NO', 'route needs a method')
    this.#traffic.book.routes.add(verb, app)
    reply(app, id, 'OK')
  }

  /** Nobody answers for an application that is gone: callers are told at once, callees are let go, dialogs are kept. */
  #gone(app: AppConnection, why: string | undefined): void {
    const { engine, log, book } = this.#traffic
    this.#apps.delete(app)
    book.routes.drop(app)
    log.info('control.application-gone', { app: app.name, why: why ?? 'hung up' })
    for (const [transaction, incoming] of book.incoming) {
      if (incoming.app !== app) continue
      book.incoming.delete(transaction)
      engine.respond(transaction, { status: 503 })
    }
    for (const [transaction, outgoing] of book.outgoing) {
      if (outgoing.app === app && outgoing.request.method === 'INVITE') engine.cancel(transaction)
    }
  }

  #answerForTheSilent(): void {
    const { engine, book, clock, log } = this.#traffic
    const latest = clock.now() - this.#limits.firstResponseMs
    for (const [transaction, { app, method, waitingSince }] of book.incoming) {
      if (waitingSince === undefined || waitingSince > latest) continue
      log.warn('control.no-response', { app: app.name, method, transaction })
      book.incoming.delete(transaction)
      engine.respond(transaction, { status: 480 })
    }
  }
}

function reply(
  app: AppConnection,
  to: string,
  status: 'OK' | 'NO' | 'NOK',
  ...fields: readonly string[]
): void {
  app.send(replyLeader(randomUUID(), to, status, ...fields))
}

/** Takes the same time whatever the difference is. */
function sameSecret(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): PorticoError {
  const taken = cause.code === 'EADDRINUSE'
  return new PorticoError(
    taken ? 'E_PORT_IN_USE' : 'E_LISTEN',
    `the control port cannot listen on ${host}:${port}: ${taken ? 'the port is in use, choose another one' : messageOf(cause)}`,
    { cause },
  )
}
