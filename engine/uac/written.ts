import type { ListenerAddress, Sent } from '../api.ts'
import { viaLine } from '../addresses.ts'
import type { Core } from '../core.ts'
import { request } from '../message/build.ts'
import type { SipMessage, SipRequest } from '../message/message.ts'
import { writeMessage } from '../message/write.ts'
import { PorticoError } from '../../runtime/errors.ts'
import { magicCookie } from '../transaction/key.ts'
import type { Composed } from './compose.ts'
import type { Hop } from './hops.ts'

/** A request but for its Via, and where it goes. */
export interface Addressed {
  readonly method: string
  readonly composed: Composed
  readonly hop: Hop
  readonly body?: Buffer | string | undefined
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

/** The message of a request, with the Via of its hop on top. */
export function withVia(core: Core, { method, composed, hop, body }: Addressed, branch: string): SipRequest {
  const via = viaLine(hop.listener, branch, core.overloadControl === true)
  return request(method, composed.uri, [via, ...composed.lines], body)
}

/** From where a request left. */
export function viaOf({ listener }: { readonly listener: ListenerAddress }): Sent['via'] {
  return { transport: listener.transport, address: listener.bound.host, port: listener.bound.port }
}
