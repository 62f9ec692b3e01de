import { targetOf } from '../addresses.ts'
import type { Core, ServerContext, ServerTx } from '../core.ts'
import type { ServerOwner } from '../transaction/server-transaction.ts'
import { respond } from './respond.ts'

/** What the engine does for the requests of peers. */
export function serverOwner(core: Core): ServerOwner<ServerContext> {
  return {
    clock: core.clock,
    wheel: core.wheel,
    inviteLimits: core.limits,
    sendResponse(server, bytes) {
      core.transports.send(bytes, targetOf(server.context.source), reason =>
        core.log.debug('sip.response-failed', { transaction: server.id, reason }),
      )
    },
    onTrying: server => void respond(core, server.id, { status: 100 }),
    onUnanswered(server) {
      // Whoever it was sent on to has timers of its own.
      if (server.context.passing !== undefined) return
      core.log.warn('sip.unanswered', { transaction: server.id })
      respond(core, server.id, { status: 480 })
    },
    onResponseAgain: () => core.counts.responsesAgain.add(),
    onServerOver(server) {
      server.context.reliables?.stop()
      core.servers.remove(server)
      forgetRefusal(core, server)
    },
  }
}

function forgetRefusal({ refusedCalls }: Core, server: ServerTx): void {
  const { leg } = server.context
  if (leg !== undefined && refusedCalls.get(leg)?.server === server) refusedCalls.delete(leg)
}
