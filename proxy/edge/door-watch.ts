import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { SharedFlows } from './shared-flows.ts'

export interface DoorWatchParts {
  /** The doors that live; rejects while nobody can say. */
  readonly living: () => Promise<readonly string[]>
  readonly flows: Pick<SharedFlows, 'partners' | 'wentSilent' | 'isHeard' | 'forget'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Tells a door which of the doors that it depends on are not heard any more. One that was missed once may only be late: after a loss of
 * Redis all show themselves anew. Returns what ends the watch.
 */
export function watchDoors({ living, flows, clock, log }: DoorWatchParts): () => void {
  /** How many times in a row a door was missed. */
  const misses = new Map<string, number>()

  function missed(door: string): void {
    const times = (misses.get(door) ?? 0) + 1
    misses.set(door, times)
    if (times === silentAfter) {
      log.warn('door.silent', { door })
      flows.wentSilent(door)
    }
    if (times === goneAfter) forget(door)
  }

  function forget(door: string): void {
    misses.delete(door)
    flows.forget(door)
  }

  function heard(door: string): void {
    if (misses.delete(door)) flows.isHeard(door)
  }

  async function look(): Promise<void> {
    const partners = flows.partners()
    for (const door of misses.keys()) if (!partners.has(door)) forget(door)
    if (partners.size === 0) return
    const alive = new Set(await living())
    for (const door of partners) {
      if (alive.has(door)) heard(door)
      else missed(door)
    }
  }

  return every(clock, lookMs, () => {
    look().catch((cause: unknown) => log.debug('door.others-unknown', { cause: messageOf(cause) }))
  })
}

const lookMs = 2_000
const silentAfter = 2
/** Ten minutes. */
const goneAfter = 300
