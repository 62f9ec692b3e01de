import type { Source } from './api.ts'
import { messageOf } from '../runtime/errors.ts'
import type { Core } from './core.ts'
import { parseMessage } from './message/parse.ts'
import type { TransportEvent } from './transport/transport.ts'
import { receiveResponse } from './uac/responses.ts'
import { receiveRequest } from './uas/requests.ts'
import { replyStateless } from './uas/reply.ts'

/** Takes in whatever the transports tell. A fault in the handling of one message costs that message, not the process. */
export function receive(core: Core, event: TransportEvent): void {
  try {
    if (event.kind === 'flow-closed') receiveClosed(core, event.flow)
    else if (event.fault !== undefined) refuseUnframed(core, event.bytes, event.source, event.fault)
    else receiveBytes(core, event.bytes, event.source)
  } catch (thrown) {
    core.log.error('sip.receive-failed', { reason: messageOf(thrown) })
  }
}

function receiveBytes(core: Core, bytes: Buffer, source: Source): void {
  const parsed = parseMessage(bytes, core.messageLimits)
  if (!parsed.ok) {
    const { answerable, status = 400, reason } = parsed.fault
    core.counts.malformed.add(reason)
    core.log.debug('sip.malformed', { reason, address: source.address })
    if (answerable !== undefined) replyStateless(core, answerable, source, { status })
    return
  }
  const { message } = parsed
  // RFC 7118 §5.3: one message each; what follows the body may be a second one that was smuggled in.
  if (parsed.trailing > 0 && (source.transport === 'ws' || source.transport === 'wss')) {
    core.counts.malformed.add('trailing-bytes')
    if (message.kind === 'request') replyStateless(core, message, source, { status: 400 })
    if (source.flow !== undefined) core.transports.closeFlow(source.flow)
    return
  }
  if (message.kind === 'request') receiveRequest(core, message, source)
  else receiveResponse(core, message, source)
}

/** The head of a message that ends its stream is answered when it is a request; nothing else is done with it. */
function refuseUnframed(core: Core, head: Buffer, source: Source, fault: string): void {
  core.counts.malformed.add(fault)
  const parsed = parseMessage(head, core.messageLimits)
  const request = parsed.ok ? parsed.message : parsed.fault.answerable
  if (request?.kind !== 'request' || request.method === 'ACK') return
  replyStateless(core, request, source, { status: fault === 'message-too-large' ? 513 : 400 })
}

/** What was sent over a connection that has closed gets no response any more. */
function receiveClosed(core: Core, flow: string): void {
  for (const client of core.clients.group(flow)) client.failSoon()
  core.emit({ kind: 'flow-closed', flow })
}
