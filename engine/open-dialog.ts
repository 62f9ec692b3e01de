import type { Core } from './core.ts'
import type { Dialog } from './dialog/dialog.ts'
import { closeDialog } from './dialogs.ts'
import { LiveDialog } from './live-dialog.ts'
import { hangUp } from './uac/hang-up.ts'

/** Takes a new dialog in; one of the same id that is still there, an early one, gives way. */
export function openDialog(core: Core, plain: Dialog, isEarly: boolean): LiveDialog {
  const before = core.dialogs.get(plain.id)
  if (before !== undefined) closeDialog(core, before)
  const live = new LiveDialog(plain, isEarly, dialog => hangUp(core, dialog, 'cancel-race'))
  core.dialogs.set(plain.id, live)
  return live
}
