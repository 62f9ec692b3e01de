import { createMetrics, type Counter, type Metrics } from '../observe/metrics.ts'

/** What the transports count. */
export interface TransportCounts {
  /** Connections that were not let in, by reason. */
  readonly refused: Counter
  /** WebSockets that were not let in, by reason. */
  readonly upgradesRefused: Counter
  /** Connections that we have closed because of what the peer did, by reason. */
  readonly cut: Counter
  /** Datagrams of peers that may not be heard. */
  readonly unheard: Counter
}

/** The counters of the transports in `metrics`. */
export function transportCounts(metrics: Metrics = createMetrics()): TransportCounts {
  return {
    refused: metrics.counter('portico_connections_refused_total', 'Connections that were not let in', [
      'reason',
    ]),
    upgradesRefused: metrics.counter('portico_upgrades_refused_total', 'WebSockets that were not let in', [
      'reason',
    ]),
    cut: metrics.counter('portico_connections_cut_total', 'Connections that were closed for cause', [
      'reason',
    ]),
    unheard: metrics.counter('portico_datagrams_unheard_total', 'Datagrams of addresses that are not served'),
  }
}
