import { createMetrics, type Counter, type Metrics } from './metrics.ts'

/** What an engine counts beside the messages themselves. */
export interface EngineCounts {
  /** Messages that could not be read, by reason. */
  readonly malformed: Counter
  /** Requests that were turned away for want of room, by method. */
  readonly shed: Counter
  /** Requests of peers that came again. */
  readonly repeatsIn: Counter
  /** Requests of ours that had to be sent again. */
  readonly requestsAgain: Counter
  /** Responses of ours that had to be sent again. */
  readonly responsesAgain: Counter
}

/** The counters of an engine in `metrics`; names of drachtio-server where it has one. */
export function engineCounts(metrics: Metrics = createMetrics()): EngineCounts {
  return {
    malformed: metrics.counter('portico_sip_malformed_total', 'Messages that could not be read', ['reason']),
    shed: metrics.counter('portico_sip_shed_total', 'Requests turned away for want of room', ['method']),
    repeatsIn: metrics.counter('portico_sip_repeats_in_total', 'Requests of peers that came again'),
    requestsAgain: metrics.counter('drachtio_sofia_retransmitted_requests', 'Requests sent again'),
    responsesAgain: metrics.counter('drachtio_sofia_retransmitted_responses', 'Responses sent again'),
  }
}

/** A method as a label: peers may invent names, which must not become labels. */
export function methodLabel(method: string): string {
  return methods.has(method) ? method : 'other'
}

const methods: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'REGISTER',
  'OPTIONS',
  'INFO',
  'UPDATE',
  'PRACK',
  'REFER',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
  'MESSAGE',
])
