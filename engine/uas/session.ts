import type { ResponseParts } from '../api.ts'
import type { Core, ServerTx } from '../core.ts'
import { linesAsUas, termsAsUas, type SessionTerms } from '../dialog/session-terms.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { parseSessionExpires } from '../message/session-expires.ts'

/** What a 2xx of ours says about the session timer. */
export interface StatedSession {
  /** Undefined: no timer from now on. */
  readonly terms: SessionTerms | undefined
  readonly lines: readonly HeaderLine[]
}

/** What our response says about the session timer (RFC 4028 §9); undefined when it is none that says anything. */
export function statedSession(
  core: Core,
  { method, context }: ServerTx,
  request: SipRequest,
  { status, headers = [] }: ResponseParts,
): StatedSession | undefined {
  if (status < 200 || status >= 300) return undefined
  const isRefresh = method === 'UPDATE' && context.dialog !== undefined && !context.dialog.isEarly
  if (method !== 'INVITE' && !isRefresh) return undefined
  const given = headers.find(([name]) => longName(name) === 'session-expires')
  const own = given && parseSessionExpires(given[1])
  const terms = termsAsUas(request.headers, own, context.dialog?.session?.terms, core.sessions)
  return { terms, lines: terms === undefined ? [] : linesAsUas(terms) }
}
