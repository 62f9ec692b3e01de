import type { Log } from '../../../runtime/log.ts'

/** Reports what was found in Redis and is not ours; each place once until it was readable again. */
export interface Garbage {
  /** Passes `value` on, and reports the place when there is none. */
  check<T>(place: string, value: T | undefined): T | undefined
}

/** Remembers at most a thousand places. */
export function createGarbage(log: Log): Garbage {
  const reported = new Set<string>()
  return {
    check(place, value) {
      if (value !== undefined) reported.delete(place)
      else if (!reported.has(place) && reported.size < 1_000) {
        reported.add(place)
        log.error('redis.garbage', { place, next: 'taken as missing; delete or rewrite it' })
      }
      return value
    },
  }
}
