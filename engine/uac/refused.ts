import type { ClientTx, Core, Received } from '../core.ts'
import { request as build } from '../message/build.ts'
import type { HeaderLine, SipRequest, SipResponse } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import { again, keep } from '../transaction/kept.ts'

/** Sends the ACK of a refusal; it belongs to the transaction and goes where the INVITE went (RFC 3261 §17.1.1.3). */
export function acknowledgeRefusal(core: Core, client: ClientTx, { response }: Received): void {
  const { context } = client
  if (context.request !== undefined) {
    context.refusalAck ??= keep(writeMessage(ackOf(context.request, response)))
  }
  if (context.refusalAck === undefined) return
  core.transports.send(again(context.refusalAck), context.target, reason =>
    core.log.debug('sip.ack-failed', { reason }),
  )
}

function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  const names = invite.headers.names()
  // §17.1.1.3: one Via, ours; those of others are there when we have sent their INVITE on.
  const lines: HeaderLine[] = [['Via', invite.headers.get('via') ?? '']]
  for (const [at, line] of invite.headers.lines.entries()) {
    const name = names[at] ?? ''
    if (name === 'to') lines.push(['To', response.headers.get('to') ?? line[1]])
    else if (name === 'cseq') lines.push(['CSeq', line[1].replace('INVITE', 'ACK')])
    else if (copiedNames.has(name)) lines.push(line)
  }
  return build('ACK', invite.uri, lines)
}

const copiedNames: ReadonlySet<string> = new Set(['route', 'from', 'call-id', 'max-forwards'])
