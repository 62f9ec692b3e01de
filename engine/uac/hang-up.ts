import type { DialogEnd } from '../api.ts'
import type { Core } from '../core.ts'
import { counted } from '../dialog/outgoing.ts'
import { closeDialog } from '../dialogs.ts'
import type { LiveDialog } from '../live-dialog.ts'
import type { SipRequest } from '../message/message.ts'
import { composeInside } from './compose.ts'
import { dialogHop, type Hop } from './hops.ts'
import { launch } from './launch.ts'

/** Ends a dialog for a reason of the engine's own: sends a BYE and tells the application. */
export function hangUp(core: Core, live: LiveDialog, reason: DialogEnd): void {
  const request = sendBye(core, live, reasons[reason])
  closeDialog(core, live)
  if (request !== undefined) core.emit({ kind: 'dialog-ended', dialog: live.plain.id, reason, request })
}

/** Sends a BYE of the engine's own, or makes one that cannot leave; undefined when there is no listener at all. */
export function sendBye(core: Core, live: LiveDialog, reason: string): SipRequest | undefined {
  // RFC 3261 §15: nothing is hung up before it is answered.
  const found = live.isEarly ? undefined : dialogHop(core, live.plain, undefined)
  const hop = found?.ok === true ? found.hop : noWay(core, live)
  if (hop === undefined) return undefined
  live.plain = counted(live.plain)
  const headers = [['Reason', reason]] as const
  const composed = composeInside(core, live, { method: 'BYE', headers }, live.plain.localCSeq)
  const launched = launch(core, { method: 'BYE', composed, hop, dialog: live, isOwn: true })
  return launched.ok ? launched.request : undefined
}

function noWay(core: Core, { plain: { peer } }: LiveDialog): Hop | undefined {
  const listener = core.transports.listeners()[0]
  const target = { transport: peer.transport, host: peer.address, port: peer.port }
  return listener && { target, listener, isDead: true, isPinned: true }
}

/** The words that applications of drachtio know. */
const reasons: Readonly<Record<DialogEnd, string>> = {
  'ack-timeout': 'SIP ;cause=200 ;text="ACK timeout"',
  'session-expired': 'SIP ;cause=200 ;text="Session timer expired"',
  'cancelled-after-answer': 'SIP ;cause=200 ;text="CANCEL after 200 OK"',
  'cancel-race': 'SIP ;cause=200 ;text="ACK-BYE due to cancel race condition"',
}
