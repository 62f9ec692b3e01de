import { targetOf } from '../addresses.ts'
import type { Core, ServerContext } from '../core.ts'
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
      core.log.warn('sip.unanswered', { transaction: server.id })
      respond(core, server.id, { status: 480 })
    },
    onServerOver(server) {
      core.servers.remove(server)
    },
  }
}
