import { callId, contactUri, cseq, fromTag, toTag } from '../message/accessors.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { splitList } from '../message/name-addr.ts'
import { writeHostPort } from '../message/host.ts'
import { dialogId, type Dialog, type Peer } from './dialog.ts'

/** The dialog that our response with `localTag` to an INVITE creates (RFC 3261 §12.1.1). */
export function uasDialog(request: SipRequest, localTag: string, contact: string, peer: Peer): Dialog {
  const remoteTag = fromTag(request) ?? ''
  const call = callId(request)
  return {
    v: 1,
    id: dialogId(call, remoteTag),
    role: 'uas',
    callId: call,
    localTag,
    remoteTag,
    local: `${request.headers.get('to') ?? ''};tag=${localTag}`,
    remote: request.headers.get('from') ?? '',
    localCSeq: 0,
    remoteCSeq: cseq(request)?.number ?? 0,
    target: contactUri(request) ?? uriOf(peer),
    routes: recordRoutes(request),
    contact,
    peer,
  }
}

/** The dialog that a response to our INVITE creates (§12.1.2). */
export function uacDialog(response: SipResponse, contact: string, peer: Peer): Dialog {
  const localTag = fromTag(response) ?? ''
  const call = callId(response)
  return {
    v: 1,
    id: dialogId(call, localTag),
    role: 'uac',
    callId: call,
    localTag,
    remoteTag: toTag(response) ?? '',
    local: response.headers.get('from') ?? '',
    remote: response.headers.get('to') ?? '',
    localCSeq: cseq(response)?.number ?? 0,
    remoteCSeq: 0,
    target: contactUri(response) ?? uriOf(peer),
    routes: recordRoutes(response).toReversed(),
    contact,
    peer,
  }
}

function recordRoutes({ headers }: SipRequest | SipResponse): readonly string[] {
  return headers.has('record-route') ? headers.all('record-route').flatMap(splitList) : []
}

/** A peer that gave no Contact is reached where it was heard. */
function uriOf({ transport, address, port }: Peer): string {
  const suffix = transport === 'udp' ? '' : `;transport=${transport}`
  return `sip:${writeHostPort({ host: address, port })}${suffix}`
}
