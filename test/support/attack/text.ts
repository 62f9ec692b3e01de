import { randomBytes } from 'node:crypto'
import { writeSip } from '../sip-text.ts'

/** What a request may say of itself. */
export interface RequestText {
  readonly callId?: string
  readonly branch?: string
  readonly cseq?: number
  readonly fromTag?: string
  readonly toTag?: string
  /** The Via without its branch. */
  readonly via?: string
  readonly uri?: string
  /** The URI of the sender and of the one who is asked. */
  readonly from?: string
  readonly to?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** A well-formed request; what is not given is new in each. */
export function requestText(method: string, given: RequestText = {}): string {
  const { callId, branch, cseq, fromTag, via, uri, from, to, headers, body } = { ...usual(), ...given }
  const toTag = given.toTag === undefined ? '' : `;tag=${given.toTag}`
  const hasContact = headers.some(([name]) => name === 'Contact')
  return writeSip(
    `${method} ${uri} SIP/2.0`,
    [
      ['Via', `${via};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `<${from}>;tag=${fromTag}`],
      ['To', `<${to}>${toTag}`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
      ...(hasContact ? [] : [['Contact', '<sip:alice@peer.invalid>'] as const]),
      ...headers,
    ],
    body,
  )
}

function usual() {
  return {
    callId: unique(),
    branch: `z9hG4bK${unique()}`,
    cseq: 1,
    fromTag: unique(),
    via: 'SIP/2.0/TCP peer.invalid',
    uri: 'sip:bob@127.0.0.1',
    from: 'sip:alice@peer.invalid',
    to: 'sip:bob@127.0.0.1',
    headers: [] as readonly (readonly [name: string, value: string])[],
    body: '',
  }
}

/** A word that was not used before. */
export function unique(): string {
  return randomBytes(8).toString('hex')
}
