import type { Ordered } from '../api.ts'
import type { ClientTx, Core } from '../core.ts'
import { topVia } from '../message/accessors.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipRequest } from '../message/message.ts'
import { launch } from './launch.ts'

/** Carries out `Engine.cancel`. */
export function cancelInvite(core: Core, id: string, headers: readonly HeaderLine[]): Ordered {
  const client = core.clients.byId(id)
  if (client === undefined || client.context.isOwn) return { ok: false, refusal: 'unknown-transaction' }
  if (client.method !== 'INVITE') return { ok: false, refusal: 'not-invite' }
  if (client.context.request === undefined) return { ok: false, refusal: 'already-answered' }
  cancelClient(core, client, headers)
  return { ok: true }
}

/** Cancels an INVITE of ours: at once when a provisional response has come, else when it comes (RFC 3261 §9.1). */
export function cancelClient(core: Core, client: ClientTx, headers: readonly HeaderLine[]): void {
  client.context.cancel ??= { headers, isSent: false }
  if (client.context.isProceeding) sendCancel(core, client)
}

/** Sends the CANCEL that is due, if one is. */
export function sendCancel(core: Core, client: ClientTx): void {
  const { cancel, request, target, listener, contact } = client.context
  if (cancel === undefined || cancel.isSent || request === undefined) return
  cancel.isSent = true
  const branch = topVia(request)?.branch
  if (branch === undefined) return
  const composed = { uri: request.uri, lines: cancelLines(request, cancel.headers), contact }
  const hop = { target, listener, isDead: false, isPinned: true }
  launch(core, { method: 'CANCEL', composed, hop, branch, isOwn: true })
  client.cancelled()
}

/** §9.1: Request-URI, Call-ID, To, From, the number of CSeq and the Route set are those of the INVITE. */
function cancelLines({ headers }: SipRequest, given: readonly HeaderLine[]): HeaderLine[] {
  const names = headers.names()
  const lines: HeaderLine[] = [['Max-Forwards', '70']]
  for (const [at, line] of headers.lines.entries()) {
    const name = names[at] ?? ''
    if (name === 'cseq') lines.push(['CSeq', line[1].replace('INVITE', 'CANCEL')])
    else if (copiedNames.has(name)) lines.push(line)
  }
  lines.push(...given.filter(([name]) => !ownNames.has(longName(name))))
  return lines
}

const copiedNames: ReadonlySet<string> = new Set(['route', 'from', 'to', 'call-id'])
/** The INVITE or the engine decides them; the last three would ask for what a CANCEL cannot give. */
const ownNames: ReadonlySet<string> = new Set([
  ...copiedNames,
  'via',
  'max-forwards',
  'cseq',
  'contact',
  'content-length',
  'content-type',
  'require',
  'proxy-require',
])
