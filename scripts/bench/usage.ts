/** What a process of the system under test has used so far. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuMs: number
  /** The part of it that the kernel spent for it. */
  readonly systemMs: number
  readonly rssKb: number
  readonly heapUsedKb: number
  readonly externalKb: number
}

/** Of this process. */
export function usage(): Usage {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return {
    cpuMs: (user + system) / 1000,
    systemMs: system / 1000,
    rssKb: rss / 1024,
    heapUsedKb: heapUsed / 1024,
    externalKb: external / 1024,
  }
}

/** Collects garbage as far as the process was started with `--expose-gc`; false when it was not. */
export function collectGarbage(): boolean {
  if (globalThis.gc === undefined) return false
  globalThis.gc()
  return true
}
