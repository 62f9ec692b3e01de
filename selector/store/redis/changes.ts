import { every, type Clock } from '../../../runtime/clock.ts'
import type { Log } from '../../../runtime/log.ts'
import { createListeners, type Listeners } from '../listeners.ts'
import type { CollectionName, Keys } from '../keys.ts'
import type { Connection } from './connection.ts'

/** Tells of writes to the collections, by anyone: at once by subscription, and within two seconds by their counters. */
export class Changes {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #clock: Clock
  readonly #listeners: ReadonlyMap<string, Listeners>
  readonly #seen = new Map<string, string>()
  #unsubscribe = (): void => undefined
  #stopPolling = (): void => undefined

  constructor(connection: Connection, keys: Keys, clock: Clock, log: Log) {
    this.#connection = connection
    this.#keys = keys
    this.#clock = clock
    this.#listeners = new Map(names.map(name => [name, createListeners(log)]))
  }

  async start(): Promise<void> {
    await this.#poll()
    this.#unsubscribe = await this.#connection.subscribe(this.#keys.changes, message => this.#told(message))
    this.#stopPolling = every(this.#clock, pollMs, () => void this.#poll())
  }

  stop(): void {
    this.#stopPolling()
    this.#unsubscribe()
  }

  on(name: CollectionName, listener: () => void): () => void {
    return this.#listeners.get(name)?.add(listener) ?? ((): void => undefined)
  }

  #told(message: string): void {
    const [name = '', writes = ''] = message.split(' ')
    // Notices may overtake a poll; an old one tells nothing new.
    if (Number(writes) > Number(this.#seen.get(name) ?? 0)) this.#saw(name, writes)
  }

  /** A subscription is lost without a word while its connection is; the counters are not. */
  async #poll(): Promise<void> {
    await this.#connection.tryTo(async () => {
      const counters = await this.#connection.ask(redis => redis.hmget(this.#keys.versions, ...names))
      for (const [index, name] of names.entries()) {
        const writes = counters[index] ?? '0'
        if (writes !== (this.#seen.get(name) ?? '0')) this.#saw(name, writes)
      }
    })
  }

  #saw(name: string, writes: string): void {
    this.#seen.set(name, writes)
    this.#listeners.get(name)?.notify()
  }
}

const names: readonly CollectionName[] = ['servers', 'agents', 'trunks', 'routes']
const pollMs = 2_000
