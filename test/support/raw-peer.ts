import { parseMessage } from '../../engine/message/parse.ts'
import type { SipMessage, SipResponse } from '../../engine/message/message.ts'
import type { EnginePair, Side } from './engine-pair.ts'

/** A peer without an engine, at an address of its own: writes what it wants and keeps what it gets. */
export interface RawPeer {
  /** Sends lines, then an empty line, to `side`. */
  send(side: Side, lines: readonly string[]): void
  /** Everything that was sent to it, oldest first. */
  got(): readonly SipMessage[]
  /** The statuses of the responses it got. */
  statuses(): readonly number[]
}

/** A peer at `address`, port 5060, UDP. */
export function rawPeer({ network }: EnginePair, address = '10.0.0.9'): RawPeer {
  const received: SipMessage[] = []
  network.watchDatagramsTo(address, bytes => {
    const parsed = parseMessage(bytes)
    if (parsed.ok) received.push(parsed.message)
  })
  return {
    send: (side, lines) =>
      network.datagram(address, 5060, side.transports, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)),
    got: () => received,
    statuses: () => received.filter(isResponse).map(({ status }) => status),
  }
}

/** The lines of a request as a peer at 10.0.0.9 would write it; `more` comes last and may replace nothing. */
export function rawRequest(
  method: string,
  options: {
    readonly uri?: string
    readonly branch?: string
    readonly callId?: string
    readonly cseq?: number
    readonly fromTag?: string
    readonly toTag?: string
    readonly via?: string
    readonly more?: readonly string[]
  } = {},
): string[] {
  const {
    uri = 'sip:b@10.0.0.2',
    branch = 'z9hG4bKraw',
    callId = 'raw',
    cseq = 1,
    fromTag = 'raw-tag',
  } = options
  const to = options.toTag === undefined ? '' : `;tag=${options.toTag}`
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: ${options.via ?? `SIP/2.0/UDP 10.0.0.9:5060;branch=${branch}`}`,
    `From: <sip:raw@10.0.0.9>;tag=${fromTag}`,
    `To: <sip:b@10.0.0.2>${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:raw@10.0.0.9>',
    ...(options.more ?? []),
  ]
}

function isResponse(message: SipMessage): message is SipResponse {
  return message.kind === 'response'
}
