import { every, type Clock } from '../runtime/clock.ts'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import type { Part } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import { admit, lapsed, type Admission, type Admittance, type Claim } from './domain/registration.ts'
import type { MediaServer } from './domain/media-server.ts'
import type { Binding, Store, Versioned } from './store/store.ts'

/** What came of a claim. */
export type Registered =
  | { readonly kind: 'registered' }
  | { readonly kind: 'refused'; readonly reason: 'id-taken' | 'address-taken' | 'off' }

/** Media servers that register themselves. One that stops doing so is drained, and never forgotten. */
export interface ServerRegistration extends Part {
  /** Believes a claim for `expiresSec`, or refuses it. Whether its sender may make one was decided before. */
  register(claim: Claim, expiresSec: number): Promise<Registered>
  /** The server at that address says that it goes. */
  unregister(id: string, host: string): Promise<void>
}

/** What registration needs. */
export interface RegistrationOptions {
  readonly store: Pick<Store, 'servers' | 'bindings'>
  /** What a new server gets; absent: none is taken. */
  readonly given?: Admittance
  /** The longest time that is ever granted. */
  readonly longestSec: number
  /** Names this process. */
  readonly door: string
  readonly clock: Clock
  readonly log: Log
}

export function createServerRegistration(options: RegistrationOptions): ServerRegistration {
  return new Registration(options)
}

class Registration implements ServerRegistration {
  readonly name = 'server registration'
  readonly #options: RegistrationOptions
  /** When each server was last known to be registered; in the future where it was never looked for before. */
  readonly #seen = new Map<string, number>()
  #stopWatching: (() => void) | undefined

  constructor(options: RegistrationOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#stopWatching = every(this.#options.clock, watchMs, () => this.#watchSafely())
  }

  async stop(): Promise<void> {
    this.#stopWatching?.()
  }

  async register(claim: Claim, expiresSec: number): Promise<Registered> {
    const { store, given, log } = this.#options
    if (!given) return { kind: 'refused', reason: 'off' }
    const admission = await this.#admit(claim, given)
    if (admission.kind === 'refused') return admission
    await store.bindings.put(this.#binding(claim, expiresSec))
    if (admission.kind === 'changed') log.info('server.registered', { server: claim.id, host: claim.host })
    return { kind: 'registered' }
  }

  async unregister(id: string, host: string): Promise<void> {
    const { store } = this.#options
    const found = await store.servers.get(id)
    if (found?.item.sip.host !== host) return
    await store.bindings.remove(nameOf(id), host)
    await this.#drain(found, 'it said that it goes')
  }

  /** Repeated over newer versions: others write as well. */
  async #admit(claim: Claim, given: Admittance): Promise<Admission> {
    const { store } = this.#options
    for (let tries = 0; tries < mostTries; tries += 1) {
      const known = await store.servers.list()
      const servers = known.map(({ item }) => item)
      const admission = admit(claim, servers, await this.#isAlive(claim.id), given)
      if (admission.kind !== 'changed') return admission
      const version = known.find(({ item }) => item.id === claim.id)?.version ?? 0
      if (await store.servers.put(admission.server, version)) return admission
    }
    throw new PorticoError('E_CONFLICT', `${claim.id} is being changed by others all the time; try again`)
  }

  async #isAlive(id: string): Promise<boolean> {
    return (await this.#options.store.bindings.of(nameOf(id))).length > 0
  }

  #binding({ id, host }: Claim, expiresSec: number): Binding {
    const { door, clock } = this.#options
    const expiresAt = clock.wall() + expiresSec * 1_000
    return { agent: nameOf(id), contact: host, flow: '', door, callId: '', cseq: 0, expiresAt }
  }

  async #drain({ item, version }: Versioned<MediaServer>, why: string): Promise<void> {
    const { store, log } = this.#options
    const drained = lapsed(item)
    if (!drained || !(await store.servers.put(drained, version))) return
    log.warn('server.lapsed', { server: item.id, why, meaning: 'it gets no new agents until it registers' })
  }

  async #watch(): Promise<void> {
    const { store, clock, longestSec } = this.#options
    const now = clock.now()
    for (const found of await store.servers.list()) {
      const { id, registration } = found.item
      if (registration === undefined) continue
      const seenAt = (await this.#isAlive(id)) ? now : (this.#seen.get(id) ?? now + longestSec * 1_000)
      this.#seen.set(id, seenAt)
      if (now - seenAt > patienceMs) await this.#drain(found, 'it no longer registers')
    }
  }

  /** Where nothing can be read or written, silence proves nothing: every server gets its full time again. */
  #watchSafely(): void {
    this.#watch().catch((cause: unknown) => {
      this.#seen.clear()
      this.#options.log.debug('server.watch-failed', { cause: messageOf(cause) })
    })
  }
}

/** No agent has such a name. */
function nameOf(id: string): string {
  return `server/${id}`
}

const mostTries = 5
const watchMs = 2_000
/** Longer than the doors take to put back what a Redis lost. */
const patienceMs = 10_000
