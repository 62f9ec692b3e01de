import type { ClientTx, Core, Received } from '../core.ts'
import { cseq } from '../message/accessors.ts'
import type { SipResponse } from '../message/message.ts'
import { repeatAck } from './ack.ts'
import { sendCancel } from './cancel.ts'

/** A response to a request of the engine's own; nobody is told. */
export function onOwnResponse(core: Core, client: ClientTx, { response }: Received): void {
  const { context } = client
  if (response.status < 200) {
    context.isProceeding = true
    if (client.method === 'INVITE') sendCancel(core, client)
  } else if (context.request !== undefined) {
    endOwn(client, response)
  } else if (client.method === 'INVITE' && context.dialog?.acknowledged?.cseq === cseq(response)?.number) {
    if (context.dialog !== undefined) repeatAck(core, context.dialog)
  }
}

/** A request of the engine's own has its final response. */
export function endOwn(client: ClientTx, final: SipResponse): void {
  const { context } = client
  const { order, dialog } = context
  context.request = undefined
  context.order = undefined
  if (dialog?.ourInvite === client) dialog.ourInvite = undefined
  order?.onFinal?.(final)
}
