import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'

/** Those who want to be told. One that throws never keeps the others from being told. */
export interface Listeners {
  /** The returned function ends it. */
  add(listener: () => void): () => void
  notify(): void
}

/** Nobody at first. */
export function createListeners(log: Log): Listeners {
  const listeners = new Set<() => void>()
  return {
    add(listener) {
      // A function of its own, so that the same listener may be added twice and ended once.
      const own = (): void => listener()
      listeners.add(own)
      return () => listeners.delete(own)
    },
    notify() {
      for (const listener of listeners) {
        try {
          listener()
        } catch (cause) {
          log.error('store.listener-failed', { cause: messageOf(cause) })
        }
      }
    },
  }
}
