import { callId, fromTag } from './accessors.ts'
import type { SipRequest } from './message.ts'

const mark = ';from-tag='

/** The id under which applications know a dialog, and a call that has none yet: `<Call-ID>;from-tag=<tag of the UAC>`. */
export function dialogId(call: string, uacTag: string): string {
  return call + mark + uacTag
}

/** The id of the dialog that `request` would set up. */
export function dialogToBe(request: SipRequest): string {
  return dialogId(callId(request), fromTag(request) ?? '')
}

/** The Call-ID in the id of a dialog. */
export function callIdIn(dialog: string): string {
  return dialog.slice(0, dialog.lastIndexOf(mark))
}
