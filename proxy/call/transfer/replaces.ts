/** Dialogs whose place is to be taken (RFC 3891). */
import type { Headers } from '../../../engine/message/headers.ts'
import { dialogId } from '../../../engine/message/dialog-id.ts'
import { parseParams } from '../../../engine/message/params.ts'

/** A dialog as its other end names it: which of the tags is whose is not known. */
export interface Replaces {
  readonly callId: string
  readonly tags: readonly [string, string]
}

/** Reads the value of a Replaces header; undefined when it names no dialog (§6.1). */
export function parseReplaces(value: string): Replaces | undefined {
  const end = value.indexOf(';')
  if (end === -1) return undefined
  const callId = value.slice(0, end).trim()
  const params = parseParams(value, end)
  const [to, from] = [params?.get('to-tag'), params?.get('from-tag')]
  return callId === '' || to === undefined || from === undefined ? undefined : { callId, tags: [to, from] }
}

/** The dialog that an INVITE wants to take the place of; a status when that cannot be read (§3); undefined when there is none. */
export function replacesOf(headers: Headers): Replaces | 400 | undefined {
  const [value, second] = headers.all('Replaces')
  if (value === undefined) return undefined
  return second === undefined ? (parseReplaces(value) ?? 400) : 400
}

/** Whether `dialog` is the one that is meant. */
export function isReplaced(dialog: string, { callId, tags }: Replaces): boolean {
  return tags.some(tag => dialogId(callId, tag) === dialog)
}
