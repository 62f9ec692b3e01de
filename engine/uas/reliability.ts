import type { ResponseParts } from '../api.ts'
import type { Core, ServerTx } from '../core.ts'
import { cseq } from '../message/accessors.ts'
import { Headers, longName } from '../message/headers.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { optionTags, understands } from '../message/option-tags.ts'
import { Reliables } from './reliables.ts'
import type { SentResponse } from './settle.ts'

/** How a provisional response is to be sent reliably (RFC 3262 §3). */
export interface Reliability {
  readonly rseq: number
  /** Because the caller insists, not because the application wants it. */
  readonly isOwn: boolean
}

/** Whether a response is one that needs a PRACK; `not-supported`: the application wants that, but the caller cannot do it. */
export function reliabilityOf(
  core: Core,
  server: ServerTx,
  { headers }: SipRequest,
  parts: ResponseParts,
  onOverdue: () => void,
): Reliability | 'not-supported' | undefined {
  if (server.method !== 'INVITE' || parts.status <= 100 || parts.status >= 200) return undefined
  const isWanted = requires(parts)
  const isDemanded = headers.has('require') && optionTags(headers, 'require').includes('100rel')
  if (!isWanted && !isDemanded) return undefined
  if (!isDemanded && !understands(headers, '100rel')) return 'not-supported'
  const reliables = (server.context.reliables ??= reliablesOf(core, server, onOverdue))
  return { rseq: reliables.nextRSeq(), isOwn: !isWanted }
}

/** Sends a reliable response now or after those before it; false when too many wait. */
export function sendReliably(
  { context }: ServerTx,
  response: SipResponse,
  { status, bytes }: SentResponse,
  { rseq, isOwn }: Reliability,
): boolean {
  const hasSdp = response.body.length > 0
  return context.reliables?.put({ status, rseq, bytes, hasSdp, isOwn }) ?? false
}

function reliablesOf(core: Core, server: ServerTx, onOverdue: () => void): Reliables {
  const { request } = server.context
  const number = (request && cseq(request)?.number) ?? 0
  return new Reliables(core, server, number, onOverdue)
}

function requires({ headers = [] }: ResponseParts): boolean {
  const lines = headers.filter(([name]) => longName(name) === 'require')
  return lines.length > 0 && optionTags(new Headers(lines), 'require').includes('100rel')
}
