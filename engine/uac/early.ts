import type { ClientTx, Core, Received } from '../core.ts'
import { uacDialog } from '../dialog/create.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { cseq, toTag } from '../message/accessors.ts'
import { reliableSeq } from '../message/rack.ts'
import { openDialog } from '../open-dialog.ts'
import { peerOf } from './peer-of-client.ts'

/** What a provisional response is: one like any other, one that needs a PRACK in its dialog, or one that is not to be told again. */
export type Early =
  | { readonly kind: 'unreliable' }
  | { readonly kind: 'reliable'; readonly live: LiveDialog }
  | { readonly kind: 'copy' }

/** Takes a provisional response to an INVITE in. A reliable one opens an early dialog, in which the PRACK is sent (RFC 3262 §4). */
export function onProvisional(core: Core, client: ClientTx, received: Received): Early {
  const { response } = received
  const rseq = reliableSeq(response)
  const tag = toTag(response)
  if (rseq === undefined || tag === undefined) return unreliable
  const { context } = client
  const rseqs = (context.rseqs ??= new Map<string, number>())
  const before = rseqs.get(tag)
  // §4: a copy, or one that has overtaken another; the peer repeats what gets no PRACK.
  if (before !== undefined ? rseq !== before + 1 : rseqs.size >= maxForks) return { kind: 'copy' }
  rseqs.set(tag, rseq)
  const live = context.leg === undefined ? context.dialog : earlyDialog(core, client, received, tag)
  if (live === undefined) return unreliable
  if (response.body.length > 0 && (context.request?.body.length ?? 0) > 0) context.isOfferAnswered = true
  return { kind: 'reliable', live }
}

function earlyDialog(core: Core, client: ClientTx, { response, source }: Received, tag: string): LiveDialog {
  const { context } = client
  if (context.dialog?.plain.remoteTag === tag) return context.dialog
  // One early dialog at a time: that of the branch that spoke last.
  const plain = uacDialog(response, context.contact, peerOf(client, source))
  const live = openDialog(core, { ...plain, localCSeq: cseq(response)?.number ?? 1 }, true)
  live.ourInvite = client
  context.dialog = live
  return live
}

const unreliable: Early = { kind: 'unreliable' }
const maxForks = 8
