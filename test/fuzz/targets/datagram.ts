import { callId, contactUri, cseq, fromTag, topVia, toTag } from '../../../engine/message/accessors.ts'
import type { SipMessage } from '../../../engine/message/message.ts'
import { parseMessage } from '../../../engine/message/parse.ts'
import { rackFor, rackOf } from '../../../engine/message/rack.ts'
import { minSessionExpires, sessionExpires } from '../../../engine/message/session-expires.ts'
import { writeMessage } from '../../../engine/message/write.ts'
import { incomingFrom, stamped } from '../../../engine/uas/incoming.ts'
import { replyTo } from '../../../engine/uas/reply.ts'
import { written } from '../../../engine/uac/written.ts'
import { insist, insistLinear, insistSame } from '../oracle.ts'

const source = { transport: 'udp', address: '192.0.2.1', port: 5060, listener: 'fuzz' } as const

/** A datagram of anybody. What is read can be written and read again; what is broken can be answered or not, but never escapes. */
export function fuzz(data: Buffer): void {
  const parsed = parseMessage(data)
  insistLinear(data, large => void parseMessage(large))
  if (parsed.ok) {
    insist(parsed.trailing >= 0 && parsed.trailing <= data.length, 'trailing bytes are counted')
    touch(parsed.message)
    survives(parsed.message)
  } else if (parsed.fault.answerable !== undefined) {
    written(replyTo(stamped(parsed.fault.answerable, source), { status: 400, tag: 'fuzz' }))
  }
}

/** All that the engine looks at. */
function touch(message: SipMessage): void {
  insist(topVia(message) !== undefined, 'a parsed message has a Via')
  insist(cseq(message) !== undefined, 'a parsed message has a CSeq')
  insist(callId(message) !== '', 'a parsed message has a Call-ID')
  fromTag(message)
  toTag(message)
  contactUri(message)
  sessionExpires(message.headers)
  minSessionExpires(message.headers)
  if (message.kind === 'response') rackFor(message)
  else {
    rackOf(message)
    insist(incomingFrom(message, source) !== undefined, 'a parsed request can be matched')
    written(replyTo(stamped(message, source), { status: 200, tag: 'fuzz' }))
  }
}

function survives(message: SipMessage): void {
  const bytes = writeMessage(message)
  const again = parseMessage(bytes)
  if (!again.ok) return insist(false, `what was written is refused as ${again.fault.reason}`)
  insist(again.trailing === 0, 'what was written is one message')
  insistSame(essence(again.message), essence(message), 'what was written is what was read')
  insist(writeMessage(again.message).equals(bytes), 'writing is stable')
}

function essence(message: SipMessage): unknown {
  const names = message.headers.names()
  const lines = message.headers.lines.filter((_, at) => names[at] !== 'content-length')
  return { ...message, headers: lines, body: message.body.toString('hex') }
}
