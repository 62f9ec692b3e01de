import type { ClientTx, Core } from '../core.ts'
import { openingLines } from '../dialog/session-terms.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipResponse } from '../message/message.ts'
import { minSessionExpires } from '../message/session-expires.ts'
import { parseCSeq } from '../message/cseq.ts'
import { tryAgain } from './again.ts'
import type { Launch } from './launch.ts'

/**
 * A 422 to an INVITE whose session timer was the engine's wish: the INVITE goes out again with the interval that the peer bears
 * (RFC 4028 §7.3), once. False when the application must hear of it.
 */
export function raised(core: Core, client: ClientTx, response: SipResponse): boolean {
  const { order, cancel } = client.context
  if (order?.isTimed !== true || cancel !== undefined) return false
  const least = minSessionExpires(response.headers)
  const { isTimed: _, composed, ...rest } = order
  const lines = withInterval(composed.lines, Math.max(least, core.sessions.expiresSec), least)
  const next: Launch = { ...rest, composed: { ...composed, lines } }
  return tryAgain(core, client, next)
}

function withInterval(lines: readonly HeaderLine[], seconds: number, least: number): readonly HeaderLine[] {
  const kept = lines.flatMap((line): readonly HeaderLine[] => {
    const name = longName(line[0])
    if (name === 'session-expires' || name === 'min-se') return []
    return name === 'cseq' ? [['CSeq', nextCSeq(line[1])]] : [line]
  })
  return [...kept, ...openingLines(seconds, least).filter(([name]) => name !== 'Supported')]
}

function nextCSeq(value: string): string {
  const { number = 0, method = 'INVITE' } = parseCSeq(value) ?? {}
  return `${number + 1} ${method}`
}
