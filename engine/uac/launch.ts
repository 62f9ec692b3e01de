import type { Ordered, Refusal, Sent } from '../api.ts'
import { viaLine } from '../addresses.ts'
import type { ClientTx, Core } from '../core.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { request } from '../message/build.ts'
import type { SipMessage, SipRequest } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { ClientTransaction } from '../transaction/client-transaction.ts'
import { clientKey, magicCookie } from '../transaction/key.ts'
import type { Composed } from './compose.ts'
import type { Hop } from './hops.ts'

/** A request that is ready to go. */
export interface Launch {
  readonly method: string
  readonly composed: Composed
  readonly hop: Hop
  readonly body?: Buffer | string | undefined
  readonly branch?: string
  readonly flow?: string | undefined
  readonly leg?: string
  readonly dialog?: LiveDialog
  /** The engine's own: nobody is told of its responses. */
  readonly isOwn?: boolean
  /** Ends at once in this status, without being sent. */
  readonly failure?: 491
}

/** What left, with its transaction. */
export type Launched = Ordered<Sent & { readonly client: ClientTx }>

/** Sends a request in a transaction of its own. Whatever happens to it is told later, never before this returns. */
export function launch(core: Core, order: Launch): Launched {
  const { method, composed, hop } = order
  const branch = order.branch ?? newBranch(core)
  const message = withVia(order, branch)
  const bytes = written(message)
  if (bytes === undefined) return refused('invalid-header')
  const flow = 'flow' in hop.target ? { flow: hop.target.flow } : {}
  const reliable = hop.listener.transport !== 'udp'
  const identity = { id: core.newId(), key: clientKey(branch, method), method, reliable, ...flow }
  const context = {
    target: hop.target,
    listener: hop.listener,
    contact: composed.contact,
    flow: order.flow,
    isOwn: order.isOwn ?? false,
    leg: order.leg,
    failure: order.failure ?? (hop.isDead ? (503 as const) : undefined),
    request: message,
    dialog: order.dialog,
    isProceeding: false,
    cancel: undefined,
    refusalAck: undefined,
    forks: undefined,
  }
  const client: ClientTx = new ClientTransaction(identity, context, core.clientOwner)
  core.clients.add(client)
  client.begin(bytes)
  return { ok: true, transaction: client.id, request: message, via: viaOf(hop), client }
}

/** A message as bytes; undefined when a part of it cannot be written. */
export function written(message: SipMessage): Buffer | undefined {
  try {
    return writeMessage(message)
  } catch (thrown) {
    if (thrown instanceof PorticoError && thrown.code === 'E_SIP_SYNTAX') return undefined
    throw thrown
  }
}

/** A branch that nobody can guess. */
export function newBranch(core: Core): string {
  return magicCookie + core.random(8)
}

/** The message of `order`, with the Via of its hop on top. */
export function withVia(
  order: Pick<Launch, 'method' | 'composed' | 'hop' | 'body'>,
  branch: string,
): SipRequest {
  const { method, composed, hop, body } = order
  return request(method, composed.uri, [viaLine(hop.listener, branch), ...composed.lines], body)
}

/** From where a request left. */
export function viaOf({ listener }: Hop): Sent['via'] {
  return { transport: listener.transport, address: listener.bound.host, port: listener.bound.port }
}

function refused(refusal: Refusal): Launched {
  return { ok: false, refusal }
}
