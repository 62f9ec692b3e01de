import type { Core } from './core.ts'
import type { SessionTerms } from './dialog/session-terms.ts'
import type { LiveDialog } from './live-dialog.ts'
import { LiveSession } from './live-session.ts'
import type { SipMessage } from './message/message.ts'
import { allows } from './message/option-tags.ts'
import { hangUp } from './uac/hang-up.ts'
import { refreshSession } from './uac/refresh.ts'

/** Both sides have agreed on `terms` in a dialog; undefined: on no timer. `heard` is the message of the peer in that agreement. */
export function agree(
  core: Core,
  live: LiveDialog,
  terms: SessionTerms | undefined,
  heard: SipMessage,
): void {
  if (terms === undefined && live.session === undefined) {
    live.localSdp = undefined
    return
  }
  const session = (live.session ??= new LiveSession(core, {
    refresh: () => refreshSession(core, live),
    expire: () => hangUp(core, live, 'session-expired'),
  }))
  session.peerTakesUpdate ||= takesUpdate(heard)
  session.agreed(terms)
}

function takesUpdate(heard: SipMessage): boolean {
  return (heard.kind === 'request' && heard.method === 'UPDATE') || allows(heard.headers, 'UPDATE')
}
