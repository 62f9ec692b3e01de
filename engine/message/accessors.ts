import type { CSeq } from './cseq.ts'
import type { SipMessage } from './message.ts'
import type { Via } from './via.ts'

/** The Via of the last hop; undefined only in a message that was built without one. */
export function topVia(message: SipMessage): Via | undefined {
  return message.headers.topVia()
}

/** Empty when there is none, which no parsed message has. */
export function callId(message: SipMessage): string {
  return message.headers.get('Call-ID') ?? ''
}

/** Undefined only in a message that was built without one. */
export function cseq(message: SipMessage): CSeq | undefined {
  return message.headers.cseq()
}

/** The tag that the sender of the request chose. */
export function fromTag(message: SipMessage): string | undefined {
  return message.headers.from()?.params.get('tag')
}

/** The tag that the receiver of the request chose; undefined in a request that opens a dialog. */
export function toTag(message: SipMessage): string | undefined {
  return message.headers.to()?.params.get('tag')
}

/** The URI of the first Contact, as text; undefined when there is none, it is `*` or it is broken. */
export function contactUri(message: SipMessage): string | undefined {
  return message.headers.contacts()[0]?.uri
}
