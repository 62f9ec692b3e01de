import type { Core, ServerTx } from '../core.ts'
import { closeDialog, dialogOf } from '../dialogs.ts'
import { passAck } from '../forward/through.ts'
import { hangUp } from '../uac/hang-up.ts'
import { stamped, type Incoming } from './incoming.ts'

/** An ACK has come in: that of a refusal ends in its transaction, the first one of a 2xx is told, all others are dropped. */
export function receiveAck(core: Core, incoming: Incoming, server: ServerTx | undefined): void {
  if (server !== undefined && !server.receiveAck()) return
  const live = dialogOf(core, incoming)
  if (live === undefined) return passAck(core, incoming)
  const { answer } = live
  if (answer === undefined || answer.cseq !== incoming.cseq) return
  answer.repeated.acknowledge()
  live.answer = undefined
  const { request, source } = incoming
  core.emit({
    kind: 'ack',
    transaction: answer.transaction.id,
    dialog: live.plain.id,
    request: stamped(request, source),
    source,
  })
  if (live.heldBye !== undefined) return closeDialog(core, live)
  if (live.isCancelledLate && !live.isOver) hangUp(core, live, 'cancelled-after-answer')
}
