import type { Via } from '../message/via.ts'

/** The start of every branch of RFC 3261 (§8.1.1.7). */
export const magicCookie = 'z9hG4bK'

/** What names the transaction of a request besides its top Via. */
export interface RequestIdentity {
  readonly method: string
  readonly callId: string
  readonly fromTag: string
  readonly cseq: number
}

/**
 * The server transaction of a request by §17.2.3: branch, sent-by and method, where an ACK belongs to the INVITE. A peer of
 * RFC 2543 has no branch of its own; its Call-ID, From tag and CSeq number stand in for it.
 */
export function serverKey(via: Via, identity: RequestIdentity): string {
  const { method } = identity
  return joined(branchOf(via, identity), sentBy(via), method === 'ACK' ? 'INVITE' : method)
}

/** The INVITE transaction that a CANCEL means (§9.2). */
export function cancelledKey(via: Via, identity: RequestIdentity): string {
  return joined(branchOf(via, identity), sentBy(via), 'INVITE')
}

/** The client transaction of a response by §17.1.3: branch of the top Via and method of the CSeq. */
export function clientKey(branch: string, method: string): string {
  return joined(branch, method)
}

/** A text of its own: a key outlives the message that its parts are cut out of. */
function joined(...parts: readonly string[]): string {
  return parts.join(' ')
}

function branchOf({ branch }: Via, { callId, fromTag, cseq }: RequestIdentity): string {
  return branch?.startsWith(magicCookie) === true ? branch : `2543 ${callId} ${fromTag} ${cseq}`
}

function sentBy({ host, port }: Via): string {
  return port === undefined ? host.toLowerCase() : `${host.toLowerCase()}:${port}`
}
