import { dialogId } from '../../engine/message/dialog-id.ts'

/** What is read of a message before it is known for whom it is: a few headers, found by their names, nothing checked. */

/** The Call-ID; undefined when none is found. */
export function callIdOf(head: string): string | undefined {
  return callId.exec(head)?.[1]?.trim()
}

/**
 * The ids that the dialog of a request may have, whichever side began it: `<Call-ID>;from-tag=<tag>`. None for what is outside dialogs, for ACK,
 * and for responses.
 */
export function dialogsOf(head: string, call: string): readonly string[] {
  if (head.startsWith('SIP/') || head.startsWith('ACK ')) return []
  const [from, to] = [fromTag.exec(head)?.[1], toTag.exec(head)?.[1]]
  return from === undefined || to === undefined ? [] : [from, to].map(tag => dialogId(call, tag))
}

/** Start line and headers as they came, up to a limit. */
export function headOf(bytes: Buffer): string {
  const end = bytes.indexOf('\r\n\r\n')
  return bytes.toString('latin1', 0, Math.min(end === -1 ? bytes.length : end, longest))
}

const callId = /\r\n(?:Call-ID|i)[ \t]*:([^\r\n]{1,256})/i
const fromTag = /\r\n(?:From|f)[ \t]*:[^\r\n]*;[ \t]*tag=([^;,\s]{1,128})/i
const toTag = /\r\n(?:To|t)[ \t]*:[^\r\n]*;[ \t]*tag=([^;,\s]{1,128})/i
const longest = 16_384
