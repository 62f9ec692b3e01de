import type { ClientTx, Core } from '../core.ts'
import { topVia } from '../message/accessors.ts'
import { placesOf, type Hop } from './hops.ts'
import type { Launch } from './launch.ts'
import { withVia, written } from './written.ts'

/** Lets a request go that waits in its transaction: at once, or as soon as its name is resolved. */
export function depart(core: Core, client: ClientTx, bytes: Buffer): void {
  const { order, failure } = client.context
  if (order === undefined) return
  const { hop, others = [] } = order
  if (hop.service === undefined || failure !== undefined) return leave(core, client, [hop, ...others], bytes)
  placesOf(core, hop, hop.service, hops => {
    if (client.isOver) return
    // RFC 3261 §9.1: nothing has left that could be cancelled.
    if (client.context.cancel !== undefined) client.context.failure = 487
    if (hops.length === 0 || client.context.failure !== undefined) client.failSoon()
    else leave(core, client, hops, bytes)
  })
}

function leave(core: Core, client: ClientTx, hops: readonly Hop[], bytes: Buffer): void {
  const { context } = client
  const { order } = context
  const [hop, ...others] =
    bytes.length > core.limits.datagram ? hops.flatMap(way => widened(core, way)) : hops
  if (order === undefined || hop === undefined) return
  const isReliable = hop.listener.transport !== 'udp'
  if (hop === order.hop) {
    if (others.length > 0) context.order = { ...order, others }
    return client.begin(bytes, isReliable)
  }
  const rewritten = rewrite(core, client, { ...order, hop, others })
  if (rewritten === undefined) client.failSoon()
  else client.begin(rewritten, isReliable)
}

/** The same request for another place, under the same branch. */
function rewrite(core: Core, { context }: ClientTx, order: Launch): Buffer | undefined {
  const branch = context.request && topVia(context.request)?.branch
  if (branch === undefined) return undefined
  const message = withVia(core, order, branch)
  context.order = order
  context.target = order.hop.target
  context.listener = order.hop.listener
  context.request = message
  return written(message)
}

/** RFC 3261 §18.1.1: what may not fit into a datagram goes over TCP, and over UDP when the peer has no TCP. */
function widened(core: Core, hop: Hop): readonly Hop[] {
  const { target, listener, isPinned } = hop
  if ('flow' in target || target.transport !== 'udp' || isPinned) return [hop]
  if (core.narrow.has(target.host, target.port)) return [hop]
  const wide = { ...target, transport: 'tcp', listener: listener.name } as const
  const from = core.transports.route(wide)
  return from === undefined
    ? [hop]
    : [
        { ...hop, target: wide, listener: from },
        { ...hop, isPinned: true },
      ]
}
