import type { Clock } from './clock.ts'

/** How many wrong passwords are looked at, and from how many places that is remembered. */
export interface LoginThrottleOptions {
  /** Wrong passwords a minute from one address, whoever they are for. */
  readonly perAddress: number
  /** Wrong passwords for one user from one address before each further one has to wait. */
  readonly free: number
  readonly clock: Clock
  /** The most counters of each kind that are kept; the oldest go first. */
  readonly mostCounters?: number
}

/**
 * Slows down the guessing of passwords: by address, and by user and address. Nobody is locked out by what others do
 * elsewhere.
 */
export interface LoginThrottle {
  /** Milliseconds until the next try may be looked at; 0: now. */
  waitMs(address: string, user: string): number
  failed(address: string, user: string): void
  /** The one who knows the password starts afresh. */
  succeeded(address: string, user: string): void
}

/** An address has windows of one minute; for a user from an address the wait doubles from 1 s to one minute. */
export function createLoginThrottle(options: LoginThrottleOptions): LoginThrottle {
  const { perAddress, free, clock, mostCounters = 50_000 } = options
  const windows = new Recent<Window>(mostCounters)
  const guesses = new Recent<Guesses>(mostCounters)

  function windowOf(address: string): Window | undefined {
    const window = windows.get(address)
    return window && clock.now() < window.endsAt ? window : undefined
  }

  function guessesOf(address: string, user: string): Guesses | undefined {
    const made = guesses.get(pair(address, user))
    return made && clock.now() < made.readyAt + forgottenAfterMs ? made : undefined
  }

  function waitMs(address: string, user: string): number {
    const window = windowOf(address)
    const byAddress = window && window.failures >= perAddress ? window.endsAt - clock.now() : 0
    const byUser = (guessesOf(address, user)?.readyAt ?? 0) - clock.now()
    return Math.max(0, byAddress, byUser)
  }

  function failed(address: string, user: string): void {
    const { failures, endsAt } = windowOf(address) ?? { failures: 0, endsAt: clock.now() + minuteMs }
    windows.set(address, { failures: failures + 1, endsAt })
    const count = (guessesOf(address, user)?.failures ?? 0) + 1
    const wait = count < free ? 0 : Math.min(1_000 * 2 ** (count - free), minuteMs)
    guesses.set(pair(address, user), { failures: count, readyAt: clock.now() + wait })
  }

  return { waitMs, failed, succeeded: (address, user) => guesses.delete(pair(address, user)) }
}

interface Window {
  readonly failures: number
  readonly endsAt: number
}

interface Guesses {
  readonly failures: number
  readonly readyAt: number
}

/** A map that keeps what was written last. */
class Recent<Value> {
  readonly #most: number
  readonly #values = new Map<string, Value>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Value): void {
    // A Map keeps the order of insertion: its first key was written longest ago.
    this.#values.delete(key)
    this.#values.set(key, value)
    const oldest = this.#values.size > this.#most ? this.#values.keys().next().value : undefined
    if (oldest !== undefined) this.#values.delete(oldest)
  }

  delete(key: string): void {
    this.#values.delete(key)
  }
}

const minuteMs = 60_000
const forgottenAfterMs = 900_000
const longestUser = 64

/** Users are compared as agents are: in lower case, and a credential of a session is its agent's. */
function pair(address: string, user: string): string {
  const [agent = ''] = user.slice(0, longestUser).toLowerCase().split('~')
  return `${address} ${agent}`
}
