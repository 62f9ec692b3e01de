import type { LiveDialog } from './live-dialog.ts'
import type { SipMessage } from './message/message.ts'

/** Remembers SDP of ours that a refresh may have to repeat; only where there is or may still be a timer. */
export function keepSdp(live: LiveDialog, { headers, body }: Pick<SipMessage, 'headers' | 'body'>): void {
  if (body.length === 0 || (live.session?.terms === undefined && !live.isEarly)) return
  if (!isSdp.test(headers.get('content-type') ?? '')) return
  // A copy of its own: the body may share its memory with much else.
  live.localSdp = Buffer.allocUnsafeSlow(body.length)
  body.copy(live.localSdp)
}

const isSdp = /^\s*application\/sdp\s*(?:;|$)/i
