import type { Core, ServerTx } from '../core.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { rackOf, type RAck } from '../message/rack.ts'
import type { SipRequest } from '../message/message.ts'
import { acknowledges, type Unpracked } from './reliables.ts'
import { respond } from './respond.ts'

/**
 * A PRACK has come in (RFC 3262 §3). `tell` gives it to the application, unless it acknowledges nothing or only what the engine
 * has asked for. What waited for it leaves afterwards.
 */
export function receivePrack(
  core: Core,
  live: LiveDialog,
  server: ServerTx,
  request: SipRequest,
  tell: () => void,
): void {
  const reliables = live.theirInvite?.context.reliables
  const rack = rackOf(request)
  const pracked = rack && (reliables?.acknowledge(rack) ?? late(live, rack))
  if (pracked === undefined) {
    respond(core, server.id, { status: rack === undefined ? 400 : 481 })
    return
  }
  if (pracked.isOwn && request.body.length === 0) respond(core, server.id, { status: 200 })
  else tell()
  reliables?.goOn()
}

/** §3: also after the final response, what was not acknowledged may be. */
function late(live: LiveDialog, rack: RAck): Unpracked | undefined {
  const { unpracked } = live
  if (!acknowledges(rack, unpracked)) return undefined
  live.unpracked = undefined
  return unpracked
}
