import type { Source, Transport } from '../api.ts'
import { compact } from '../message/compact.ts'

/**
 * A dialog of RFC 3261 §12 as plain data: it can be written down and taken up by another process. Tags are never empty on our
 * side; a peer of RFC 2543 may have none.
 */
export interface Dialog {
  readonly v: 1
  /** `<Call-ID>;from-tag=<tag of the UAC>`. */
  readonly id: string
  readonly role: 'uac' | 'uas'
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** Our From in requests, with tag. */
  readonly local: string
  /** Our To in requests, with tag. */
  readonly remote: string
  /** The number of our last request; 0 when there was none. */
  readonly localCSeq: number
  /** The number of the last request of the peer; 0 when there was none. */
  readonly remoteCSeq: number
  /** The URI of the peer's Contact. */
  readonly target: string
  /** The route set, next hop first. */
  readonly routes: readonly string[]
  /** Our Contact. */
  readonly contact: string
  readonly peer: Peer
}

/** Where the peer of a dialog was heard last. */
export interface Peer {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  readonly listener: string
  /** The connection that requests to the peer must use, because the peer opened it or we were told to. */
  readonly flow?: string
}

/** Where a message came from, as a peer of a dialog. */
export function peerAt({ transport, address, port, listener, flow }: Source): Peer {
  return flow === undefined
    ? { transport, address, port, listener }
    : { transport, address, port, listener, flow }
}

/** What became of the CSeq number of a request from the peer. */
export type Sequenced = { readonly inOrder: true; readonly dialog: Dialog } | { readonly inOrder: false }

/** Takes the number of a request of the peer in; a lower one than before is out of order (§12.2.2). */
export function sequenced(dialog: Dialog, cseq: number): Sequenced {
  if (cseq < dialog.remoteCSeq) return { inOrder: false }
  return { inOrder: true, dialog: cseq === dialog.remoteCSeq ? dialog : { ...dialog, remoteCSeq: cseq } }
}

/** After a target refresh: the peer is now reached at the URI of its new Contact (§12.2.1.2, §12.2.2). */
export function refreshed(dialog: Dialog, contact: string | undefined): Dialog {
  return contact === undefined || contact === dialog.target ? dialog : { ...dialog, target: compact(contact) }
}

/** The peer was heard somewhere else, e.g. a browser over its next connection. */
export function movedTo(dialog: Dialog, peer: Peer): Dialog {
  return { ...dialog, peer }
}

/** Whether `peer` is where the dialog heard its peer last. */
export function isAt({ peer }: Dialog, { flow, transport, address, port }: Peer): boolean {
  if (flow !== undefined) return flow === peer.flow
  return (
    peer.flow === undefined && peer.transport === transport && peer.address === address && peer.port === port
  )
}
