import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Trunk } from '../../selector/domain/trunk.ts'
import type { Directory, Origin } from '../ports.ts'

/** Who is at the other end, told by the socket alone. */
export type Caller =
  /** A WebSocket connection: an agent, once its identity is proven. */
  | { readonly kind: 'agent'; readonly flow: string }
  | { readonly kind: 'trunk'; readonly trunk: Trunk }
  | { readonly kind: 'server'; readonly server: MediaServer }
  | { readonly kind: 'stranger' }

/** Names the caller of a request. A media server goes before a trunk with the same address. */
export function callerAt(origin: Origin, directory: Pick<Directory, 'trunkAt' | 'serverAt'>): Caller {
  if (origin.transport === 'ws' || origin.transport === 'wss') {
    return origin.flow === undefined ? { kind: 'stranger' } : { kind: 'agent', flow: origin.flow }
  }
  const server = directory.serverAt(origin.address, origin.port)
  if (server) return { kind: 'server', server }
  const trunk = directory.trunkAt(origin.address)
  return trunk ? { kind: 'trunk', trunk } : { kind: 'stranger' }
}

/** Whether that is where a leg is heard: `party` says whose leg it is, `flow` over which connection an agent is heard there. */
export function isAtLeg(caller: Caller, party: Caller['kind'], flow: string | undefined): boolean {
  return caller.kind === party && (caller.kind !== 'agent' || caller.flow === flow)
}
