import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../../runtime/clock.ts'

/** What became of a host name. */
export type Resolved =
  { readonly ok: true; readonly address: string } | { readonly ok: false; readonly reason: string }

/** Turns host names into addresses. */
export interface Resolver {
  /** Calls `done` exactly once, never before it has returned. */
  resolve(name: string, family: 4 | 6, done: (resolved: Resolved) => void): void
}

/** Node's `dns.lookup`, as far as it is used. */
export type Ask = (
  name: string,
  options: { readonly family: 4 | 6 },
  done: (error: Error | null, address: string) => void,
) => void

/** The machine's resolver, with an end to every question and a limit on how many are open. */
export function createResolver(
  limits: { readonly resolveMs: number; readonly resolving: number },
  clock: Clock,
  ask: Ask = lookup,
): Resolver {
  let open = 0
  return {
    resolve(name, family, done) {
      if (open >= limits.resolving) {
        queueMicrotask(() => done({ ok: false, reason: 'resolver-busy' }))
        return
      }
      open += 1
      let waiting = true
      const end = (resolved: Resolved): void => {
        if (waiting) done(resolved)
        waiting = false
      }
      const cancel = clock.after(limits.resolveMs, () => end({ ok: false, reason: 'resolve-timeout' }))
      ask(name, { family }, (error, address) => {
        open -= 1
        cancel()
        end(error === null ? { ok: true, address } : { ok: false, reason: 'unknown-host' })
      })
    },
  }
}

/** Whether the host is an address that needs no resolving; 0 when it is a name. */
export function familyOf(host: string): 0 | 4 | 6 {
  const family = isIP(host)
  return family === 4 || family === 6 ? family : 0
}
