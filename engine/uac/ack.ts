import type { Ordered, RequestParts, Sent } from '../api.ts'
import type { Core } from '../core.ts'
import { longName } from '../message/headers.ts'
import type { Service } from '../dialog/next-hop.ts'
import type { LiveDialog, StoredAck } from '../live-dialog.ts'
import { keepSdp } from '../local-sdp.ts'
import { again, keep } from '../transaction/kept.ts'
import type { Target } from '../transport/transport.ts'
import { composeInside } from './compose.ts'
import { dialogHop, placesOf, type Hop } from './hops.ts'
import { newBranch, viaOf, withVia, written } from './written.ts'

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
  keepSdp(live, sent.request)
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
  const request = withVia(core, { method: 'ACK', composed, hop, body }, newBranch(core))
  const bytes = written(request)
  if (bytes === undefined) return { ok: false, refusal: 'invalid-header' }
  live.acknowledged = { cseq, bytes: keep(bytes), target: hop.target }
  if (hop.service === undefined) deliver(core, bytes, hop.target)
  else locateAck(core, live, live.acknowledged, hop, hop.service)
  return { ok: true, transaction: '', request, via: viaOf(hop) }
}

/** An ACK has no transaction that could try one place after the other: it goes to the first that its Via fits. */
function locateAck(core: Core, live: LiveDialog, ack: StoredAck, hop: Hop, service: Service): void {
  placesOf(core, hop, service, hops => {
    const found = hops.find(({ listener }) => listener.transport === hop.listener.transport)
    if (live.acknowledged !== ack) return
    if (found !== undefined) live.acknowledged = { ...ack, target: found.target }
    repeatAck(core, live)
  })
}

/** Sends the last ACK of a dialog again. */
export function repeatAck(core: Core, { acknowledged }: LiveDialog): void {
  if (acknowledged === undefined) return
  deliver(core, again(acknowledged.bytes), acknowledged.target)
}

function deliver(core: Core, bytes: Buffer, target: Target): void {
  core.transports.send(bytes, target, reason => core.log.debug('sip.ack-failed', { reason }))
}
