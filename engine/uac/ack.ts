import type { Ordered, RequestParts, Sent } from '../api.ts'
import type { Core } from '../core.ts'
import { longName } from '../message/headers.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { composeInside } from './compose.ts'
import { dialogHop } from './hops.ts'
import { newBranch, viaOf, withVia, written } from './launch.ts'

/** Carries out `Engine.ack`. */
export function acknowledge(
  core: Core,
  id: string,
  parts: Pick<RequestParts, 'headers' | 'body'>,
): Ordered<Sent> {
  const live = core.dialogs.get(id)
  if (live === undefined) return { ok: false, refusal: 'unknown-dialog' }
  const due = live.toAcknowledge
  if (due === undefined) return { ok: false, refusal: 'unknown-transaction' }
  const sent = sendAck(core, live, due.cseq, parts)
  if (!sent.ok) return sent
  live.toAcknowledge = undefined
  // Told later, so that the application sees this order carried out first.
  if (due.isRace) core.wheel.set(live.alarm, 'race', core.clock.now())
  return { ...sent, transaction: due.transaction }
}

/** Sends the ACK of the 2xx with the number `cseq` and keeps it for copies of that 2xx (RFC 3261 §13.2.2.4). */
export function sendAck(
  core: Core,
  live: LiveDialog,
  cseq: number,
  parts: Pick<RequestParts, 'headers' | 'body'>,
): Ordered<Sent> {
  const { headers = [], body = '' } = parts
  if (body.length > 0 && !headers.some(([name]) => longName(name) === 'content-type')) {
    return { ok: false, refusal: 'missing-content-type' }
  }
  const found = dialogHop(core, live.plain, undefined)
  if (!found.ok) return found
  const { hop } = found
  if (hop.isDead) return { ok: false, refusal: 'flow-closed' }
  const composed = composeInside(core, live, { method: 'ACK', headers }, cseq)
  const request = withVia({ method: 'ACK', composed, hop, body }, newBranch(core))
  const bytes = written(request)
  if (bytes === undefined) return { ok: false, refusal: 'invalid-header' }
  live.acknowledged = { cseq, bytes, target: hop.target }
  repeatAck(core, live)
  return { ok: true, transaction: '', request, via: viaOf(hop) }
}

/** Sends the last ACK of a dialog again. */
export function repeatAck(core: Core, { acknowledged }: LiveDialog): void {
  if (acknowledged === undefined) return
  core.transports.send(acknowledged.bytes, acknowledged.target, reason =>
    core.log.debug('sip.ack-failed', { reason }),
  )
}
