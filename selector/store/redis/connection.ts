import type { ChainableCommander } from 'ioredis'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../../runtime/errors.ts'
import type { Log } from '../../../runtime/log.ts'
import { createListeners } from '../listeners.ts'
import { clientOf, mastersOf, subscriberOf, type Client } from './client.ts'
import { failureOf, isRefusal, shownUrl, startFailureOf } from './failure.ts'
import { readScripts, type Script, type ScriptName } from './scripts.ts'

/** What a connection needs. */
export interface ConnectionOptions {
  readonly url: string
  /** How long one command may take. */
  readonly commandTimeoutMs: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * One Redis, asked by commands and scripts. While it is away nothing queues: every question fails at once. A Redis that
 * takes commands and does not answer them counts as away as well, from the second time it is late until it answers again.
 */
export class Connection {
  readonly #redis: Client
  readonly #shown: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #upListeners
  #scripts: ReadonlyMap<ScriptName, Script> = new Map()
  #state: 'starting' | 'up' | 'down' | 'stopped' = 'starting'
  #lastError: Error | undefined
  #hangs = false
  #isAsked = false

  constructor({ url, commandTimeoutMs, clock, log }: ConnectionOptions) {
    this.#shown = shownUrl(url)
    this.#clock = clock
    this.#log = log
    this.#upListeners = createListeners(log)
    const redis = clientOf(url, { commandTimeout: commandTimeoutMs, connectTimeout: startMs })
    if (!redis) throw startFailureOf('the URL must begin with redis://', this.#shown)
    this.#redis = redis
    this.#redis.on('error', (error: Error) => (this.#lastError = error))
    this.#redis.on('ready', () => this.#cameUp())
    this.#redis.on('close', () => this.#wentDown())
  }

  /** Rejects with `E_REDIS_UNREACHABLE` within three seconds. */
  async start(): Promise<void> {
    this.#scripts = await readScripts()
    try {
      await this.#deadline(this.#redis.connect())
      await this.#loadScripts()
    } catch (cause) {
      this.#state = 'stopped'
      this.#redis.disconnect()
      throw startFailureOf(this.#lastError ?? cause, this.#shown)
    }
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#redis.disconnect()
  }

  /**
   * Hears a channel on a connection of its own, as a connection cannot mix subscriptions with commands, until the returned function
   * is called; takes it up again whenever Redis is back. Rejects as `ask` does.
   */
  async subscribe(channel: string, hear: (message: string) => void): Promise<() => void> {
    const redis = subscriberOf(this.#redis)
    redis.on('error', () => undefined)
    redis.on('message', (_channel: string, message: string) => hear(message))
    try {
      await this.ask(() => redis.subscribe(channel))
    } catch (cause) {
      redis.disconnect()
      throw cause
    }
    // Closed meanwhile: then the next time.
    redis.on('ready', () => void redis.subscribe(channel).catch(() => undefined))
    return () => redis.disconnect()
  }

  /** Calls back whenever Redis is reached again after it was away. */
  onReturn(listener: () => void): () => void {
    return this.#upListeners.add(listener)
  }

  /** Rejects with `E_REDIS_UNREACHABLE`, or with `E_STORE` when Redis refused the command. */
  async ask<T>(command: (redis: Client) => Promise<T>): Promise<T> {
    if (this.#hangs) throw failureOf(new Error('it takes commands and does not answer'), this.#shown)
    try {
      return await command(this.#redis)
    } catch (cause) {
      if (isLate(cause)) void this.#askWhetherItHangs()
      throw failureOf(cause, this.#shown)
    }
  }

  /**
   * Sends many commands at once. A command that Redis refuses (a key of another type, for instance) gives undefined;
   * otherwise fails as `ask` does.
   */
  async askMany(fill: (pipeline: ChainableCommander) => void): Promise<readonly unknown[]> {
    return await this.ask(async redis => {
      const pipeline = redis.pipeline()
      fill(pipeline)
      const replies = (await pipeline.exec()) ?? []
      return replies.map(([error, value]) => {
        if (error && !isRefusal(error)) throw error
        return error ? undefined : value
      })
    })
  }

  /** Runs one of our scripts; fails as `ask` does. */
  async run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const script = this.#scripts.get(name)
    if (!script) throw new PorticoError('E_STORE', `the store was not started, so it cannot run ${name}`)
    const call = (redis: Client): Promise<unknown> =>
      redis.evalsha(script.sha, keys.length, ...keys, ...args.map(String))
    try {
      return await this.ask(call)
    } catch (cause) {
      if (!messageOf(cause).includes('NOSCRIPT')) throw cause
      await this.#loadScripts()
      return await this.ask(call)
    }
  }

  /**
   * For state that its owner keeps and asserts again: tells whether Redis took it, and never rejects.
   */
  async tryTo(task: () => Promise<unknown>): Promise<boolean> {
    try {
      await task()
      return true
    } catch (cause) {
      this.#log.debug('redis.write-failed', { cause: messageOf(cause) })
      return false
    }
  }

  async #loadScripts(): Promise<void> {
    const scripts = [...this.#scripts.values()]
    await this.ask(redis =>
      Promise.all(mastersOf(redis).flatMap(node => scripts.map(({ text }) => node.script('LOAD', text)))),
    )
  }

  async #deadline<T>(work: Promise<T>): Promise<T> {
    let cancel: (() => void) | undefined
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(startMs, () => reject(new Error('no answer in 3 s')))
    })
    return await Promise.race([work, late]).finally(() => cancel?.())
  }

  /** One late answer may be our own lateness, two in a row are not. */
  async #askWhetherItHangs(): Promise<void> {
    if (this.#isAsked || this.#state === 'stopped') return
    this.#isAsked = true
    const answers = await this.#answers()
    this.#isAsked = false
    if (answers && this.#hangs) this.#cameUp()
    if (answers || !this.#isOpen()) return
    this.#hangs = true
    this.#wentDown()
    this.#clock.after(askAgainMs, () => void this.#askWhetherItHangs())
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#redis.ping()
      return true
    } catch {
      return false
    }
  }

  #isOpen(): boolean {
    return this.#redis.status === 'ready'
  }

  #cameUp(): void {
    this.#lastError = undefined
    this.#hangs = false
    if (this.#state === 'stopped') return
    const returned = this.#state === 'down'
    this.#state = 'up'
    this.#log.info(returned ? 'redis.returned' : 'redis.up', { url: this.#shown })
    if (returned) this.#upListeners.notify()
  }

  #wentDown(): void {
    if (this.#state !== 'up') return
    this.#state = 'down'
    this.#log.warn('redis.lost', {
      url: this.#shown,
      next: 'going on with the last view; writes are refused',
    })
  }
}

function isLate(cause: unknown): boolean {
  return cause instanceof Error && cause.message === 'Command timed out'
}

/** How often a Redis that hangs is asked for a sign of life. */
const askAgainMs = 250
/** How long a start may take. */
const startMs = 3_000
