import type { ClientTx, Core } from '../core.ts'
import { closeDialog } from '../dialogs.ts'
import type { Hop } from './hops.ts'
import { launch, type Launch } from './launch.ts'

/** How an attempt failed. */
export type Failure = 'timeout' | 'unreachable' | 'unavailable'

/** Sends a failed request to the next place that its name stands for, under the same id (RFC 3263 §4.3); false when there is none. */
export function failOver(core: Core, client: ClientTx, why: Failure): boolean {
  const { order, cancel, failure, isProceeding } = client.context
  if (order?.others === undefined || cancel !== undefined || failure !== undefined) return false
  // Whoever rings has taken the call.
  if (isProceeding && why !== 'unavailable') return false
  const [hop, ...others] = order.others.filter(
    // A peer that has not answered will not do so over another transport; one without TCP may.
    other => why === 'unreachable' || !isSamePlace(other, order.hop),
  )
  if (hop === undefined) return false
  if (isSamePlace(hop, order.hop)) rememberNarrow(core, order.hop)
  return tryAgain(core, client, { ...order, hop, others })
}

function rememberNarrow(core: Core, { target }: Hop): void {
  if (!('flow' in target)) core.narrow.add(target.host, target.port)
}

/** Carries out `order` in the place of `client`, which has failed; false when it cannot be sent. */
export function tryAgain(core: Core, client: ClientTx, order: Launch): boolean {
  const { branch: _, ...rest } = order
  const { context } = client
  const launched = launch(core, { ...rest, id: client.id })
  if (!launched.ok) return false
  const next = launched.client
  if (context.leg !== undefined) {
    if (core.legs.get(context.leg) === client) core.legs.set(context.leg, next)
    if (context.dialog?.isEarly === true) closeDialog(core, context.dialog)
  } else if (context.dialog !== undefined) {
    if (context.dialog.ourInvite === client) context.dialog.ourInvite = next
    if (context.dialog.ourUpdate === client) context.dialog.ourUpdate = next
  }
  context.request = undefined
  context.order = undefined
  return true
}

function isSamePlace(a: Hop, b: Hop): boolean {
  if ('flow' in a.target || 'flow' in b.target) return false
  return a.target.host === b.target.host && a.target.port === b.target.port
}
