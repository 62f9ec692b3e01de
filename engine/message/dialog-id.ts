const mark = ';from-tag='

/** The id under which applications know a dialog, and a call that has none yet: `<Call-ID>;from-tag=<tag of the UAC>`. */
export function dialogId(callId: string, uacTag: string): string {
  return callId + mark + uacTag
}

/** The Call-ID in the id of a dialog. */
export function callIdIn(dialog: string): string {
  return dialog.slice(0, dialog.lastIndexOf(mark))
}
