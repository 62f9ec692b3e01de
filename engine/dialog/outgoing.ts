import type { HeaderLine } from '../message/message.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import type { Dialog } from './dialog.ts'

/** The part of an in-dialog request that the dialog decides (RFC 3261 §12.2.1.1). */
export interface InDialog {
  readonly uri: string
  /** Route, From, To, Call-ID, CSeq. */
  readonly lines: readonly HeaderLine[]
}

/** The dialog after its next request, whose CSeq number is the new `localCSeq`. */
export function counted(dialog: Dialog): Dialog {
  return { ...dialog, localCSeq: dialog.localCSeq + 1 }
}

/** A request of `method` with the number `cseq`: that of the INVITE for its ACK, else the `localCSeq` of `counted`. */
export function inDialog(dialog: Dialog, method: string, cseq: number): InDialog {
  const { uri, routes } = routing(dialog)
  const lines: HeaderLine[] = routes.map(route => ['Route', route])
  lines.push(
    ['From', dialog.local],
    ['To', dialog.remote],
    ['Call-ID', dialog.callId],
    ['CSeq', `${cseq} ${method}`],
  )
  return { uri, lines }
}

function routing({ target, routes }: Dialog): { uri: string; routes: readonly string[] } {
  const first = routes[0] === undefined ? undefined : parseNameAddr(routes[0])?.uri
  if (first === undefined || parseUri(first)?.params.has('lr') === true) return { uri: target, routes }
  // A strict router wants itself in the Request-URI and the target as the last route.
  return { uri: first, routes: [...routes.slice(1), `<${target}>`] }
}
