import { retryAfter } from '../admission.ts'
import type { Core } from '../core.ts'
import { counted } from '../dialog/outgoing.ts'
import { termsAsUac } from '../dialog/session-terms.ts'
import type { LiveDialog } from '../live-dialog.ts'
import type { Refused } from '../live-session.ts'
import { cseq } from '../message/accessors.ts'
import type { SipResponse } from '../message/message.ts'
import { minSessionExpires } from '../message/session-expires.ts'
import { sendAck } from './ack.ts'
import { composeInside } from './compose.ts'
import { dialogHop } from './hops.ts'
import { launch } from './launch.ts'

/**
 * Refreshes the session of a dialog by a request that the application does not see (RFC 4028 §7.4): UPDATE where the peer takes
 * it, else an INVITE with the SDP that we sent last.
 */
export function refreshSession(core: Core, live: LiveDialog): void {
  const { session, localSdp } = live
  if (session === undefined) return
  const method = session.peerTakesUpdate || localSdp === undefined ? 'UPDATE' : 'INVITE'
  const found = dialogHop(core, live.plain, undefined)
  // Not now: the connection may come back, the other INVITE will end.
  if (!found.ok || found.hop.isDead) return session.refused({ status: 503, pauseMs: pauseMs(core) })
  if (method === 'INVITE' && isInviteOpen(live))
    return session.refused({ status: 491, pauseMs: pauseMs(core) })
  const next = counted(live.plain)
  const isInvite = method === 'INVITE'
  const headers = isInvite ? sdpHeaders : []
  const composed = composeInside(core, live, { method, headers }, next.localCSeq)
  const launched = launch(core, {
    method,
    composed,
    hop: found.hop,
    ...(isInvite && { body: localSdp }),
    dialog: live,
    isOwn: true,
    onFinal: final => onFinal(core, live, method, final),
  })
  if (!launched.ok) return session.refused({ status: 500, pauseMs: pauseMs(core) })
  live.plain = next
  if (isInvite) live.ourInvite = launched.client
}

/** Whether an INVITE is open in the dialog, whoever sent it (RFC 3261 §14.1). */
export function isInviteOpen(live: LiveDialog): boolean {
  return live.ourInvite !== undefined || live.theirInvite !== undefined || live.answer !== undefined
}

function onFinal(core: Core, live: LiveDialog, method: 'INVITE' | 'UPDATE', final: SipResponse): void {
  const isAccepted = final.status < 300
  // The peer waits for the ACK even when the call has ended meanwhile.
  if (isAccepted && method === 'INVITE') sendAck(core, live, cseq(final)?.number ?? 0, {})
  const { session } = live
  if (session === undefined || live.isOver) return
  if (isAccepted) session.agreed(termsAsUac(final.headers))
  else session.refused(refusalOf(core, live, method, final))
}

function refusalOf(
  core: Core,
  live: LiveDialog,
  method: 'INVITE' | 'UPDATE',
  { status, headers }: SipResponse,
): Refused {
  if (status === 422) return { status, pauseMs: pauseMs(core), minSec: minSessionExpires(headers) }
  if (status === 491) return { status, pauseMs: glareMs(core, live) }
  const { session, localSdp } = live
  if (method !== 'UPDATE' || !notTaken.has(status) || localSdp === undefined || session === undefined) {
    return { status, pauseMs: pauseMs(core) }
  }
  session.peerTakesUpdate = false
  return { status, pauseMs: 0 }
}

/** RFC 3261 §14.1: whoever made the Call-ID waits longer. */
function glareMs(core: Core, { plain }: LiveDialog): number {
  const chance = Number.parseInt(core.random(2), 16) / 65_536
  return plain.role === 'uac' ? 2100 + chance * 1900 : chance * 2000
}

function pauseMs(core: Core): number {
  return 5000 + Number(retryAfter(core)) * 500
}

/** What a peer says that has no UPDATE, whatever its Allow has said. */
const notTaken: ReadonlySet<number> = new Set([405, 488, 501])
const sdpHeaders = [['Content-Type', 'application/sdp']] as const
