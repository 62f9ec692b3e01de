import type { Ordered, Sent } from '../api.ts'
import type { ClientContext, ClientTx, Core } from '../core.ts'
import type { LiveDialog } from '../live-dialog.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Passing } from '../forward/passing.ts'
import { ClientTransaction } from '../transaction/client-transaction.ts'
import { clientKey } from '../transaction/key.ts'
import { depart } from './depart.ts'
import type { Hop } from './hops.ts'
import { newBranch, viaOf, withVia, written, type Addressed } from './written.ts'

/** A request that is ready to go. */
export interface Launch extends Addressed {
  readonly branch?: string
  readonly flow?: string | undefined
  readonly leg?: string
  readonly dialog?: LiveDialog
  /** The engine's own: nobody is told of its responses. */
  readonly isOwn?: boolean
  /** Takes the final response of a request of the engine's own, or what the engine says in its place. */
  readonly onFinal?: (final: SipResponse) => void
  /** Ends at once in this status, without being sent. */
  readonly failure?: 481 | 491
  /** Does not leave before `depart`. */
  readonly isHeld?: boolean
  /** Of the attempt before, when this is another one of the same order. */
  readonly id?: string
  /** Where else it may go when it fails there (RFC 3263 §4.3). */
  readonly others?: readonly Hop[]
  /** The session timer in it is the engine's wish, not the application's. */
  readonly isTimed?: boolean
  /** A peer's request that is sent on. */
  readonly passing?: Passing
}

/** What left, with its transaction. */
export type Launched = Ordered<Sent & { readonly client: ClientTx }>

/** Sends a request in a transaction of its own. Whatever happens to it is told later, never before this returns. */
export function launch(core: Core, order: Launch): Launched {
  const { method, hop } = order
  const branch =
    order.branch ?? newBranch(core) + (order.passing === undefined ? '' : `-${order.passing.loop}`)
  const message = withVia(core, order, branch)
  const bytes = written(message)
  if (bytes === undefined) return { ok: false, refusal: 'invalid-header' }
  const flow = 'flow' in hop.target ? hop.target.flow : undefined
  const identity = { id: order.id ?? core.newId(), key: clientKey(branch, method), method, flow }
  const client: ClientTx = new ClientTransaction(identity, contextOf(order, message), core.clientOwner)
  core.clients.add(client)
  if (order.isHeld !== true) depart(core, client, bytes)
  const sent = client.context.request ?? message
  return { ok: true, transaction: client.id, request: sent, via: viaOf(client.context), client }
}

function contextOf(order: Launch, message: SipRequest): ClientContext {
  const { hop, composed, flow, leg, dialog } = order
  return {
    order,
    target: hop.target,
    listener: hop.listener,
    contact: composed.contact,
    flow,
    isOwn: order.isOwn ?? false,
    leg,
    failure: order.failure ?? (hop.isDead ? 503 : undefined),
    request: message,
    dialog,
    isProceeding: false,
    isOfferAnswered: false,
    cancel: undefined,
    refusalAck: undefined,
    forks: undefined,
    rseqs: undefined,
    passing: order.passing,
  }
}
