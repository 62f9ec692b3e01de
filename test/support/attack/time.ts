import type { Clock } from '../../../runtime/clock.ts'

/** A clock on which `factor` seconds pass in one, so that the timers of SIP end within a test. */
export function fastClock(factor: number): Clock {
  const start = performance.now()
  const epoch = Date.now()
  const now = (): number => (performance.now() - start) * factor
  return {
    now,
    wall: () => epoch + now(),
    after(ms, task) {
      const timer = setTimeout(task, ms / factor)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

/** Resolves after `ms`. Attacks take time, which nothing but time can be waited for. */
export function passing(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Resolves as soon as `holds`, to whether it did within `ms`. */
export async function within(ms: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) return false
    await passing(10)
  }
  return true
}

/** Runs `task` every `ms` until the returned function is called. */
export function repeatedly(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms)
  return () => clearInterval(timer)
}

/** Does `task` again and again, one after the other, until the returned function is called; that waits for the last one. */
export function againAndAgain(pauseMs: number, task: () => Promise<unknown>): () => Promise<void> {
  const stop = new AbortController()
  const running = (async () => {
    while (!stop.signal.aborted) {
      await task()
      await passing(pauseMs)
    }
  })()
  return async () => {
    stop.abort()
    await running
  }
}

/** How long `task` takes, in milliseconds. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}

/** The value below which `share` of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
