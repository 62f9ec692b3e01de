import type { Clock } from '../../runtime/clock.ts'
import type { Transport } from '../api.ts'
import type { Service } from '../dialog/next-hop.ts'
import { candidates, ordered, type Candidate, type Names, type Place } from './locate.ts'

/** Finds the places of services, within a time and out of a small memory. */
export interface Locator {
  /** Calls `done` exactly once, before it returns when the answer is remembered. No places: there are none, or no answer came in time. */
  locate(service: Service, usable: readonly Transport[], done: (places: readonly Place[]) => void): void
}

/** What `createLocator` needs. */
export interface LocatorOptions {
  readonly names: Names
  readonly clock: Clock
  readonly random: (bytes: number) => string
  readonly limits: {
    /** For all questions about one service together, ms. */
    readonly locateMs: number
    /** How long an answer is remembered, ms; an empty one for a tenth of it. */
    readonly locatedMs: number
    /** Answers that are remembered, and services that are being located. */
    readonly located: number
  }
}

interface Known {
  readonly found: readonly Candidate[]
  readonly until: number
}

type Waiting = (found: readonly Candidate[]) => void

/** A locator that asks `names`; each service is asked for once at a time, however many requests wait for it. */
export function createLocator({ names, clock, random, limits }: LocatorOptions): Locator {
  const known = new Map<string, Known>()
  const asking = new Map<string, Waiting[]>()
  const chance = (): number => Number.parseInt(random(4), 16) / 2 ** 32

  function remember(key: string, found: readonly Candidate[]): void {
    const isEmpty = found.every(({ addresses }) => addresses.length === 0)
    known.delete(key)
    known.set(key, { found, until: clock.now() + limits.locatedMs / (isEmpty ? 10 : 1) })
    if (known.size <= limits.located) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      return
    }
  }

  function ask(key: string, service: Service, usable: readonly Transport[], first: Waiting): void {
    const waiting = [first]
    asking.set(key, waiting)
    const end = (found: readonly Candidate[]): void => {
      if (asking.get(key) !== waiting) return
      asking.delete(key)
      cancel()
      remember(key, found)
      for (const each of waiting) each(found)
    }
    const cancel = clock.after(limits.locateMs, () => end([]))
    candidates(service, usable, names).then(end, () => end([]))
  }

  return {
    locate(service, usable, done) {
      const tell: Waiting = found => done(ordered(found, chance))
      const key = `${service.secure} ${service.transport ?? ''} ${service.host} ${service.port ?? ''}`
      const before = known.get(key)
      if (before !== undefined && clock.now() < before.until) return tell(before.found)
      const waiting = asking.get(key)
      if (waiting !== undefined) waiting.push(tell)
      else if (asking.size >= limits.located) queueMicrotask(() => tell([]))
      else ask(key, service, usable, tell)
    },
  }
}
