import { getHeapStatistics } from 'node:v8'
import { every, type Clock } from '../../runtime/clock.ts'

/** How hard a process is pressed. Its readings are 0 until it is started. */
export interface LoadMeter {
  start(): void
  stop(): void
  /** How late the process comes to its timers, milliseconds, over about the last second. */
  lagMs(): number
  /** The heap as a share of what it may become, 0 to 1. */
  heapShare(): number
}

/** A meter on `clock`; `heapShare` is for tests. */
export function createLoadMeter(clock: Clock, heapShare: () => number = heapShareNow): LoadMeter {
  let lag = 0
  let heap = 0
  let due = 0
  let ticks = 0
  let cancel: (() => void) | undefined

  function tick(): void {
    const now = clock.now()
    lag = smoothed(lag, now - due)
    due = now + tickMs
    ticks = (ticks + 1) % ticksPerHeapReading
    if (ticks === 0) heap = heapShare()
  }

  return {
    start() {
      due = clock.now() + tickMs
      cancel ??= every(clock, tickMs, tick)
    },
    stop() {
      cancel?.()
      cancel = undefined
      lag = 0
      heap = 0
    },
    // While the process hangs no tick comes, but whoever asks then is part of what makes it late.
    lagMs: () => (cancel === undefined ? 0 : Math.max(lag, smoothed(lag, clock.now() - due))),
    heapShare: () => heap,
  }
}

/** One pause of the garbage collector is no overload; the same lateness for a second is. */
export function smoothed(before: number, lateMs: number): number {
  return before + (Math.max(0, lateMs) - before) * 0.2
}

function heapShareNow(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}

const tickMs = 100
const ticksPerHeapReading = 10
