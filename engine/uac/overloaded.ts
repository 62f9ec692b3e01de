import type { Core } from '../core.ts'
import type { SipResponse } from '../message/message.ts'
import { topVia } from '../message/accessors.ts'
import { feedbackIn } from '../overload.ts'
import type { Target } from '../transport/transport.ts'

/** Takes in what a peer says about its load in the Via that we have sent (RFC 7339 §5.2). */
export function hearLoad(core: Core, target: Target, response: SipResponse): void {
  if (!hasOc.test(response.headers.get('via') ?? '')) return
  const via = topVia(response)
  const feedback = via && feedbackIn(via)
  if (feedback !== undefined) core.overload.heard(peerKeyOf({ target }), feedback)
}

/** The next hop whose load is meant: an address, or one connection. */
export function peerKeyOf({ target }: { readonly target: Target }): string {
  return 'flow' in target ? target.flow : `${target.transport} ${target.host} ${target.port}`
}

const hasOc = /;\s*oc\s*=/i
