import { callId, contactUri, cseq, fromTag, toTag } from '../message/accessors.ts'
import { compact } from '../message/compact.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { splitList } from '../message/name-addr.ts'
import { writeHostPort } from '../message/host.ts'
import { dialogId } from '../message/dialog-id.ts'
import type { Dialog, Peer } from './dialog.ts'

/** The dialog that our response with `localTag` to an INVITE creates (RFC 3261 §12.1.1). */
export function uasDialog(request: SipRequest, localTag: string, contact: string, peer: Peer): Dialog {
  const remoteTag = compact(fromTag(request) ?? '')
  const call = compact(callId(request))
  return {
    v: 1,
    id: dialogId(call, remoteTag),
    role: 'uas',
    callId: call,
    localTag,
    remoteTag,
    local: [request.headers.get('to') ?? '', localTag].join(';tag='),
    remote: compact(request.headers.get('from') ?? ''),
    localCSeq: 0,
    remoteCSeq: cseq(request)?.number ?? 0,
    target: compact(contactUri(request) ?? uriOf(peer)),
    routes: recordRoutes(request),
    contact: compact(contact),
    peer,
  }
}

/** The dialog that a response to our INVITE creates (§12.1.2). */
export function uacDialog(response: SipResponse, contact: string, peer: Peer): Dialog {
  const localTag = compact(fromTag(response) ?? '')
  const call = compact(callId(response))
  return {
    v: 1,
    id: dialogId(call, localTag),
    role: 'uac',
    callId: call,
    localTag,
    remoteTag: compact(toTag(response) ?? ''),
    local: compact(response.headers.get('from') ?? ''),
    remote: compact(response.headers.get('to') ?? ''),
    localCSeq: cseq(response)?.number ?? 0,
    remoteCSeq: 0,
    target: compact(contactUri(response) ?? uriOf(peer)),
    routes: recordRoutes(response).toReversed(),
    contact: compact(contact),
    peer,
  }
}

/** The dialog that a NOTIFY creates for our SUBSCRIBE (RFC 6665 §4.4.1); undefined when the sender has no tag. */
export function notifierDialog(
  subscribe: SipRequest,
  notify: SipRequest,
  contact: string,
  peer: Peer,
): Dialog | undefined {
  const localTag = fromTag(subscribe)
  const remoteTag = fromTag(notify)
  if (localTag === undefined || remoteTag === undefined) return undefined
  const call = compact(callId(subscribe))
  return {
    v: 1,
    id: dialogId(call, localTag),
    role: 'uac',
    callId: call,
    localTag,
    remoteTag,
    local: subscribe.headers.get('from') ?? '',
    remote: compact(notify.headers.get('from') ?? ''),
    localCSeq: cseq(subscribe)?.number ?? 0,
    remoteCSeq: 0,
    target: compact(contactUri(notify) ?? uriOf(peer)),
    routes: recordRoutes(notify),
    contact: compact(contact),
    peer,
  }
}

function recordRoutes({ headers }: SipRequest | SipResponse): readonly string[] {
  return headers.has('record-route') ? headers.all('record-route').flatMap(splitList).map(compact) : []
}

/** A peer that gave no Contact is reached where it was heard. */
function uriOf({ transport, address, port }: Peer): string {
  const suffix = transport === 'udp' ? '' : `;transport=${transport}`
  return `sip:${writeHostPort({ host: address, port })}${suffix}`
}
