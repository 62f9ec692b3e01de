import type { Source } from '../api.ts'
import type { ClientTx } from '../core.ts'
import { peerAt, type Peer } from '../dialog/dialog.ts'

/**
 * The peer that has answered our INVITE. Requests are bound to the connection only when the application chose it or the peer
 * cannot be called otherwise; a TCP peer is found by its Contact (RFC 3261 §12.2.1.1).
 */
export function peerOf({ context }: ClientTx, source: Source): Peer {
  const isBound = context.flow !== undefined || source.transport === 'ws' || source.transport === 'wss'
  const { transport, address, port } = source
  const listener = context.listener.name
  return isBound ? { ...peerAt(source), listener } : { transport, address, port, listener }
}
