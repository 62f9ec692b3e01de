import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Part } from '../../runtime/lifecycle.ts'
import type { Log } from '../../runtime/log.ts'
import type { MediaServer } from '../domain/media-server.ts'
import type { Store } from '../store/store.ts'
import { Collector, type CollectorCounts } from './collector.ts'
import { createAmiLink, type AmiLink } from './link.ts'

/** What the collectors of a fleet need. */
export interface FleetCollectorOptions {
  readonly store: Pick<Store, 'servers' | 'ledger' | 'leases'>
  /** Names this process, unlike any other that shares the store. */
  readonly holder: string
  readonly clock: Clock
  /** A number in [0, 1) that spreads the attempts to reach servers. */
  readonly chance: () => number
  readonly log: Log
  /** Called when a server that was heard before is dead. */
  readonly onDead?: (server: string) => void
  /** Called when it is known what a server carries, for the first time or again. */
  readonly onLive?: (server: string) => void
  /** Called when a server owes an answer for longer than one that works takes, and when it gives it after all. */
  readonly onSilent?: (server: string, silent: boolean) => void
  /** Injected so that a test needs no Asterisk. */
  readonly connect?: (server: MediaServer) => AmiLink
}

/** The collectors of one process. */
export interface FleetCollector extends Part {
  /** What is seen of the servers that this process collects from, by their ids. */
  counts(): ReadonlyMap<string, CollectorCounts>
}

/** Collects from every media server of the store for which this process gets the lease, and follows the list of servers. */
export function createFleetCollector(options: FleetCollectorOptions): FleetCollector {
  return new Collectors(options)
}

class Collectors implements FleetCollector {
  readonly name = 'ami collectors'
  readonly #options: FleetCollectorOptions
  readonly #posts = new Map<string, Post>()
  #ends: (() => void)[] = []
  #following: Promise<void> = Promise.resolve()

  constructor(options: FleetCollectorOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { store, clock } = this.#options
    this.#ends = [store.servers.onChange(() => this.#follow()), every(clock, renewMs, () => this.#renew())]
    this.#follow()
    await this.#following
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end()
    await this.#following
    await Promise.all([...this.#posts.values()].map(post => post.leave()))
  }

  counts(): ReadonlyMap<string, CollectorCounts> {
    const held = [...this.#posts].map(([id, post]) => [id, post.counts()] as const)
    return new Map(held.flatMap(([id, counts]) => (counts ? [[id, counts]] : [])))
  }

  /** One after the other, so that the last list wins. */
  #follow(): void {
    this.#following = this.#following
      .then(() => this.#match())
      .catch((cause: unknown) => {
        this.#options.log.warn('collector.no-servers', { cause: messageOf(cause) })
      })
  }

  async #match(): Promise<void> {
    const servers = (await this.#options.store.servers.list()).map(({ item }) => item)
    const wanted = new Map(servers.map(server => [server.id, server]))
    for (const [id, post] of this.#posts) {
      if (wanted.get(id) && sameAddress(wanted.get(id), post.server)) continue
      this.#posts.delete(id)
      await post.leave()
    }
    for (const server of servers) {
      if (!this.#posts.has(server.id)) this.#posts.set(server.id, new Post(server, this.#options))
    }
    this.#renew()
  }

  #renew(): void {
    for (const post of this.#posts.values()) post.renew()
  }
}

/** The right to collect from one server, and the collector while we have it. */
class Post {
  readonly server: MediaServer
  readonly #options: FleetCollectorOptions
  #fence: number | undefined
  #collector: Collector | undefined
  #renewing: Promise<void> | undefined
  #left = false

  constructor(server: MediaServer, options: FleetCollectorOptions) {
    this.server = server
    this.#options = options
  }

  renew(): void {
    this.#renewing ??= this.#hold().finally(() => (this.#renewing = undefined))
  }

  counts(): CollectorCounts | undefined {
    return this.#collector?.counts()
  }

  async leave(): Promise<void> {
    this.#left = true
    await this.#renewing
    await this.#collector?.stop()
    const { store, holder } = this.#options
    await store.leases.drop(this.#lease, holder)
  }

  get #lease(): string {
    return `collect-${this.server.id}`
  }

  async #hold(): Promise<void> {
    const { store, holder, log } = this.#options
    try {
      const fence = await store.leases.hold(this.#lease, holder, leaseMs)
      if (fence !== this.#fence) await this.#changeTo(fence)
    } catch (cause) {
      // Whoever had the lease goes on: a store that cannot be reached gives it to nobody else.
      log.debug('collector.lease-unknown', { server: this.server.id, cause: messageOf(cause) })
    }
  }

  async #changeTo(fence: number | undefined): Promise<void> {
    await this.#collector?.stop()
    this.#collector = undefined
    this.#fence = fence
    if (fence === undefined || this.#left) return
    const { store, clock, log } = this.#options
    const server = this.server.id
    const onDead = (): void => this.#options.onDead?.(server)
    const onLive = (): void => this.#options.onLive?.(server)
    const onSilent = (silent: boolean): void => this.#options.onSilent?.(server, silent)
    try {
      this.#collector = new Collector({
        server,
        link: this.#link(),
        ledger: store.ledger,
        fence,
        onDead,
        onLive,
        onSilent,
        clock,
        log,
      })
      await this.#collector.start()
    } catch (cause) {
      log.error('collector.not-started', {
        server,
        cause: messageOf(cause),
        next: 'correct its AMI settings',
      })
    }
  }

  #link(): AmiLink {
    const { connect, clock, chance, log } = this.#options
    if (connect) return connect(this.server)
    return createAmiLink({ server: this.server.id, address: this.server.ami, clock, chance, log })
  }
}

function sameAddress(a: MediaServer | undefined, b: MediaServer): boolean {
  return JSON.stringify(a?.ami) === JSON.stringify(b.ami)
}

/** Together with the first snapshot: another takes over within five seconds after a holder dies. */
const leaseMs = 3_000
const renewMs = 1_000
