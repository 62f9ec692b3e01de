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
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** A well-formed request; what is not given is new in each. */
export function requestText(method: string, given: RequestText = {}): string {
  const { callId = unique(), branch = `z9hG4bK${unique()}`, cseq = 1, fromTag = unique() } = given
  const { via = 'SIP/2.0/TCP peer.invalid', uri = 'sip:bob@127.0.0.1', headers = [], body = '' } = given
  const to = given.toTag === undefined ? '' : `;tag=${given.toTag}`
  return writeSip(
    `${method} ${uri} SIP/2.0`,
    [
      ['Via', `${via};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `<sip:alice@peer.invalid>;tag=${fromTag}`],
      ['To', `<sip:bob@127.0.0.1>${to}`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
      ['Contact', '<sip:alice@peer.invalid>'],
      ...headers,
    ],
    body,
  )
}

/** A word that was not used before. */
export function unique(): string {
  return randomBytes(8).toString('hex')
}
