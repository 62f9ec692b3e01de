import type { Source } from '../api.ts'
import type { Core, ServerTx } from '../core.ts'
import { cancelledKey } from '../transaction/key.ts'
import { cancelPassed } from '../forward/through.ts'
import { hangUp } from '../uac/hang-up.ts'
import { stamped, type Incoming } from './incoming.ts'
import { replyStateless } from './reply.ts'
import { withdraw } from './respond.ts'

/** A CANCEL has come in (RFC 3261 §9.2): the INVITE ends in 487 when it is still open. */
export function receiveCancel(core: Core, incoming: Incoming): void {
  const { request, source } = incoming
  const server = core.servers.byKey(cancelledKey(incoming.via, incoming))
  if (server === undefined || !isSameSender(source, server.context.source)) {
    return replyStateless(core, request, source, { status: 481 })
  }
  const tag = (server.context.tag ??= core.random(8))
  replyStateless(core, request, source, { status: 200, tag })
  if (server.context.passing !== undefined) {
    if (!cancelPassed(core, server)) tell(core, server, incoming)
    return
  }
  if (server.context.request === undefined) return cancelledLate(core, server)
  const isTold = withdraw(core, server, 'cancelled-after-answer', { status: 487 })
  if (!isTold) tell(core, server, incoming)
}

function tell(core: Core, { id }: ServerTx, { request, source }: Incoming): void {
  core.emit({ kind: 'cancel', transaction: id, request: stamped(request, source), source })
}

/** The answer has crossed the CANCEL: the call is ended, but not before its ACK (§15). */
function cancelledLate(core: Core, { context }: ServerTx): void {
  const { dialog } = context
  if (context.leg === undefined || dialog === undefined || dialog.isOver) return
  if (dialog.answer === undefined) hangUp(core, dialog, 'cancelled-after-answer')
  else dialog.isCancelledLate = true
}

/** Whoever cancels must be who called: the same connection, on UDP the same address. */
function isSameSender(a: Source, b: Source): boolean {
  return a.flow === b.flow && a.address === b.address
}
