import type { Clock } from '../../runtime/clock.ts'

/** The places that were tried over TCP in vain, so that the next large request to them goes over UDP at once. */
export interface NarrowPlaces {
  has(host: string, port: number): boolean
  add(host: string, port: number): void
}

/** None are known yet. Each is forgotten after ten minutes, the oldest ones above `limit` earlier. */
export function createNarrowPlaces(clock: Clock, limit: number): NarrowPlaces {
  const until = new Map<string, number>()
  return {
    has: (host, port) => (until.get(`${host} ${port}`) ?? 0) > clock.now(),
    add(host, port) {
      const key = `${host} ${port}`
      until.delete(key)
      until.set(key, clock.now() + rememberedMs)
      for (const oldest of until.keys()) {
        if (until.size <= limit) return
        until.delete(oldest)
      }
    },
  }
}

const rememberedMs = 600_000
