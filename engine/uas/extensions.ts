import type { Core } from '../core.ts'
import { isTooShort } from '../dialog/session-terms.ts'
import type { SipRequest } from '../message/message.ts'
import { optionTags } from '../message/option-tags.ts'
import { defaultExtensions } from '../options.ts'
import type { Rejection } from './requests.ts'

/** What a request demands that we cannot give: an extension nobody here knows (420), or too short a session interval (422). */
export function demandRejection(core: Core, { method, headers }: SipRequest): Rejection | undefined {
  const unknown = headers.has('require')
    ? optionTags(headers, 'require').filter(tag => !isKnown(core, tag))
    : []
  if (unknown.length > 0) return { status: 420, headers: [['Unsupported', unknown.join(', ')]] }
  // RFC 4028 §9
  if ((method === 'INVITE' || method === 'UPDATE') && isTooShort(headers, core.sessions)) {
    return { status: 422, headers: [['Min-SE', String(core.sessions.minSec)]] }
  }
  return undefined
}

function isKnown({ extensions = defaultExtensions }: Core, tag: string): boolean {
  return extensions === 'any' || own.has(tag) || extensions.includes(tag)
}

const own: ReadonlySet<string> = new Set(['100rel', 'timer'])
