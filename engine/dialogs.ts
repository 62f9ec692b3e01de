import type { Core } from './core.ts'
import { dialogId } from './message/dialog-id.ts'
import type { LiveDialog } from './live-dialog.ts'

/** Forgets a dialog and everything that waits in it; once more is no error. */
export function closeDialog(core: Core, live: LiveDialog): void {
  live.isOver = true
  live.answer?.repeated.stop()
  live.answer = undefined
  live.session?.stop()
  live.subscriptions?.stop()
  core.wheel.clear(live.alarm)
  live.heldBye?.()
  if (core.dialogs.get(live.plain.id) === live) core.dialogs.delete(live.plain.id)
}

/** The dialog of a message from a peer: Call-ID and both tags must fit (RFC 3261 §12.2.2). */
export function dialogOf(
  core: Core,
  message: { readonly callId: string; readonly fromTag: string; readonly toTag: string | undefined },
): LiveDialog | undefined {
  const { callId, fromTag, toTag = '' } = message
  const asUas = core.dialogs.get(dialogId(callId, fromTag))
  if (asUas?.plain.role === 'uas' && asUas.plain.localTag === toTag) return asUas
  const asUac = core.dialogs.get(dialogId(callId, toTag))
  return asUac?.plain.role === 'uac' && asUac.plain.remoteTag === fromTag ? asUac : undefined
}
