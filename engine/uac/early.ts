import type { ClientTx, Core, Received } from '../core.ts'
import { uacDialog } from '../dialog/create.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { cseq, toTag } from '../message/accessors.ts'
import { openDialog } from '../open-dialog.ts'
import { peerOf } from './peer-of-client.ts'

/** A reliable provisional response opens an early dialog, in which the PRACK is sent (RFC 3262 §4). Other ones open none. */
export function onReliable(core: Core, client: ClientTx, received: Received): LiveDialog | undefined {
  const { response, source } = received
  const { context } = client
  if (context.leg === undefined || !response.headers.has('rseq') || !isRequired(received)) return undefined
  const tag = toTag(response)
  if (tag === undefined) return undefined
  if (context.dialog?.plain.remoteTag === tag) return context.dialog
  // One early dialog at a time: that of the branch that spoke last.
  const plain = uacDialog(response, context.contact, peerOf(client, source))
  context.dialog = openDialog(core, { ...plain, localCSeq: cseq(response)?.number ?? 1 }, true)
  return context.dialog
}

function isRequired({ response }: Received): boolean {
  return response.headers.all('require').some(value => value.toLowerCase().includes('100rel'))
}
