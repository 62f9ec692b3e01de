import { methodLabel } from './engine-counts.ts'
import { glance } from './glance.ts'
import type { Metrics } from './metrics.ts'
import type { Tap } from './tapped.ts'

/** A tap that counts messages by direction, method and status, under the names of drachtio-server. */
export function messageCounts(metrics: Metrics): Tap {
  const requests = (way: 'in' | 'out') =>
    metrics.counter(`drachtio_sip_requests_${way}_total`, `Requests ${ways[way]}`, ['method'])
  const responses = (way: 'in' | 'out') =>
    metrics.counter(`drachtio_sip_responses_${way}_total`, `Responses ${ways[way]}`, ['method', 'code'])
  const requestsIn = requests('in')
  const requestsOut = requests('out')
  const responsesIn = responses('in')
  const responsesOut = responses('out')
  return ({ direction, bytes }) => {
    const { method, status } = glance(bytes)
    const label = methodLabel(method)
    const isIn = direction === 'in'
    if (status === undefined) (isIn ? requestsIn : requestsOut).add(label)
    else (isIn ? responsesIn : responsesOut).add(label, statusLabel(status))
  }
}

const ways = { in: 'received', out: 'sent' } as const

/** Peers may invent statuses, of which there are no more than these. */
function statusLabel(status: string): string {
  return /^[1-6]\d\d$/.test(status) ? status : 'other'
}
