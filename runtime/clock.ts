/** Time as everything in Portico sees it, so that a test can move it. */
export interface Clock {
  /** Milliseconds that never go back; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970, for records, expiries shared with other processes and nothing else. */
  wall(): number
  /** Runs `task` once after `ms`; the returned function takes it back. */
  after(ms: number, task: () => void): () => void
}

/** The machine's clock. Its timers never keep a process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Runs `task` every `ms` until the returned function is called. */
export function every(clock: Clock, ms: number, task: () => void): () => void {
  let cancel = clock.after(ms, tick)
  function tick(): void {
    cancel = clock.after(ms, tick)
    task()
  }
  return () => cancel()
}
