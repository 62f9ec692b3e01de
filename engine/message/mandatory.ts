import type { Head } from './head.ts'
import type { Headers } from './headers.ts'
import type { MessageLimits } from './limits.ts'
import { splitList } from './name-addr.ts'

/** Checks what every message must have (RFC 3261 §8.1.1) and the values by which it is matched; the reason when that is broken. */
export function mandatoryFault({ start, headers }: Head, limits: MessageLimits): string | undefined {
  const fault = countFault(headers) ?? viaFault(headers, limits) ?? identityFault(headers)
  if (fault !== undefined) return fault
  const cseq = headers.cseq()
  if (cseq === undefined) return 'invalid-cseq'
  if (start.kind !== 'request') return undefined
  // RFC 3261 §8.1.1.5
  return cseq.method === start.method ? requestFault(headers) : 'cseq-method-mismatch'
}

/** One bit for each header that may stand once. */
const single: ReadonlyMap<string, number> = new Map(
  ['via', 'from', 'to', 'call-id', 'cseq', 'content-length', 'max-forwards', 'content-type', 'expires'].map(
    (name, bit) => [name, 1 << bit],
  ),
)
const mandatory = ['via', 'from', 'to', 'call-id', 'cseq']
const allMandatory = 0b11111

function countFault(headers: Headers): string | undefined {
  let seen = 0
  for (const name of headers.names()) {
    const bit = single.get(name) ?? 0
    if ((seen & bit) !== 0 && name !== 'via') return `repeated-${name}`
    seen |= bit
  }
  if ((seen & allMandatory) === allMandatory) return undefined
  return `missing-${mandatory.find((_, bit) => (seen & (1 << bit)) === 0)}`
}

function viaFault(headers: Headers, limits: MessageLimits): string | undefined {
  if (headers.topVia() === undefined) return 'invalid-via'
  let count = 0
  for (const line of headers.all('via')) count += line.includes(',') ? splitList(line).length : 1
  return count > limits.vias ? 'too-many-vias' : undefined
}

function identityFault(headers: Headers): string | undefined {
  if (headers.from() === undefined) return 'invalid-from'
  if (headers.to() === undefined) return 'invalid-to'
  return callIdText.test(headers.get('call-id') ?? '') ? undefined : 'invalid-call-id'
}

function requestFault(headers: Headers): string | undefined {
  const hops = headers.get('max-forwards')
  if (hops !== undefined && !(maxForwardsText.test(hops) && Number(hops) <= 255))
    return 'invalid-max-forwards'
  return headers.contacts().includes(undefined) ? 'invalid-contact' : undefined
}

const callIdText = /^[!-~]+$/
const maxForwardsText = /^\d{1,10}$/
