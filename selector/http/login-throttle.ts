import type { Clock } from '../../runtime/clock.ts'

/** How many failed logins a minute are answered, and from how many places it is remembered. */
export interface LoginThrottleOptions {
  readonly perAddress: number
  /** For one agent from one address: others can still log in as that agent. */
  readonly perAgent: number
  readonly clock: Clock
  /** The most counters that are kept; the oldest go first. */
  readonly mostCounters?: number
}

/** Slows down the guessing of passwords. */
export interface LoginThrottle {
  /** Milliseconds until the next try may be made; 0: now. */
  waitMs(address: string, agent: string): number
  failed(address: string, agent: string): void
}

/** Counts failures in windows of one minute that start with the first failure. */
export function createLoginThrottle(options: LoginThrottleOptions): LoginThrottle {
  const { perAddress, perAgent, clock, mostCounters = 50_000 } = options
  const windows = new Map<string, Window>()

  function openWindow(key: string): Window | undefined {
    const window = windows.get(key)
    if (window === undefined || clock.now() < window.endsAt) return window
    windows.delete(key)
    return undefined
  }

  function wait(key: string, most: number): number {
    const window = openWindow(key)
    return window && window.failures >= most ? window.endsAt - clock.now() : 0
  }

  function count(key: string): void {
    const window = openWindow(key) ?? { failures: 0, endsAt: clock.now() + windowMs }
    windows.set(key, { ...window, failures: window.failures + 1 })
    // A Map keeps the order of insertion: its first key is the window that was opened first.
    const oldest = windows.size > mostCounters ? windows.keys().next().value : undefined
    if (oldest !== undefined) windows.delete(oldest)
  }

  return {
    waitMs: (address, agent) => Math.max(wait(address, perAddress), wait(pair(address, agent), perAgent)),
    failed(address, agent) {
      count(address)
      count(pair(address, agent))
    },
  }
}

interface Window {
  readonly failures: number
  readonly endsAt: number
}

const windowMs = 60_000

function pair(address: string, agent: string): string {
  return `${address} ${agent}`
}
