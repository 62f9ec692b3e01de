import type { MediaServer } from '../../selector/domain/media-server.ts'
import { every, type Clock } from '../../runtime/clock.ts'
import type { EdgeEvent, SipEdge } from '../ports.ts'
import type { HealthWatch } from './health-watch.ts'

export interface ProberOptions {
  readonly edge: Pick<SipEdge, 'request'>
  readonly health: Pick<HealthWatch, 'probed'>
  readonly servers: () => Iterable<MediaServer>
  readonly clock: Clock
  readonly intervalMs: number
}

/** Asks every media server by OPTIONS whether calls would get through (RFC 3261 §11). */
export interface Prober {
  start(): void
  stop(): void
  /** Takes the answer to a probe; false when the response belongs to somebody else. */
  take(response: Extract<EdgeEvent, { kind: 'response' }>): boolean
}

/** A server that has not answered when its next turn comes has failed the last one. */
export function createProber({ edge, health, servers, clock, intervalMs }: ProberOptions): Prober {
  /** Server by the transaction of the probe that it owes an answer to. */
  let asked = new Map<string, string>()
  let count = 0
  let cancel: (() => void) | undefined

  function probe(): void {
    const silent = new Set(asked.values())
    asked = new Map()
    for (const server of servers()) {
      if (silent.has(server.id)) health.probed(server.id, 'silent')
      if (server.wanted === 'disabled') continue
      count += 1
      const transaction = `probe-${count}`
      asked.set(transaction, server.id)
      edge.request({ transaction, method: 'OPTIONS', uri: probeUri(server), side: 'inside' })
    }
  }

  function take({ transaction, response, local }: Extract<EdgeEvent, { kind: 'response' }>): boolean {
    if (!transaction.startsWith('probe-')) return false
    const server = asked.get(transaction)
    if (server === undefined || response.status < 200) return true
    asked.delete(transaction)
    // 503 is what a server that shuts down gracefully says to new requests; any other answer shows that it listens.
    if (local) health.probed(server, 'silent')
    else health.probed(server, response.status === 503 ? 'stopping' : 'answered')
    return true
  }

  return {
    start: () => {
      cancel = every(clock, intervalMs, probe)
    },
    stop: () => cancel?.(),
    take,
  }
}

/** Without a user part: with one, Asterisk answers for that extension and not for itself. */
export function probeUri({ sip }: MediaServer): string {
  const host = sip.host.includes(':') ? `[${sip.host}]` : sip.host
  return `sip:${host}:${sip.port};transport=${sip.transport}`
}
