import type { ClientContext, ClientTx, Core, Received } from '../core.ts'
import { onPassedFailure } from '../forward/relay.ts'
import { responseTo } from '../message/build.ts'
import type { ClientOwner } from '../transaction/client-transaction.ts'
import { failOver } from './again.ts'
import { cancelClient } from './cancel.ts'
import { endOwn } from './own.ts'
import { acknowledgeRefusal } from './refused.ts'
import { forgetInvite, onResponse } from './responses.ts'

/** What the engine does for its own requests. */
export function clientOwner(core: Core): ClientOwner<ClientContext, Received> {
  return {
    clock: core.clock,
    wheel: core.wheel,
    inviteLimits: core.limits,
    sendRequest(client, bytes) {
      if (client.context.failure !== undefined) return client.failSoon()
      core.transports.send(bytes, client.context.target, reason => {
        core.log.debug('sip.request-failed', { transaction: client.id, reason })
        client.failSoon()
      })
    },
    onResponse: (client, received) => onResponse(core, client, received),
    onRefused: (client, received) => acknowledgeRefusal(core, client, received),
    onFailed: (client, why) => onFailed(core, client, why),
    onRingingTooLong: client => cancelClient(core, client, []),
    onRequestAgain: () => core.counts.requestsAgain.add(),
    onClientOver: client => core.clients.remove(client),
  }
}

/** No peer has answered, so the engine does in its place. */
function onFailed(core: Core, client: ClientTx, why: 'timeout' | 'unreachable'): void {
  const { context } = client
  const { request, failure, isOwn, dialog, passing } = context
  if (request === undefined || failOver(core, client, why)) return
  const response = responseTo(request, why === 'timeout' ? 408 : (failure ?? 503))
  if (isOwn) return endOwn(client, response)
  if (passing !== undefined) return onPassedFailure(core, client, response, passing)
  // A SUBSCRIBE that opens a dialog leaves the same traces as an INVITE.
  forgetInvite(core, client)
  if (dialog?.ourUpdate === client) dialog.ourUpdate = undefined
  core.emit({ kind: 'response', transaction: client.id, response })
}
