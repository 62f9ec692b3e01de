import type { SipRequest, SipResponse } from '../../../engine/message/message.ts'
import { parseMessage } from '../../../engine/message/parse.ts'
import type { Origin } from '../../ports.ts'
import type { SrfRequest, SrfResponse } from './srf.ts'

/** The request as a value; undefined when its text is none. */
export function requestOf(req: SrfRequest): SipRequest | undefined {
  const parsed = parseMessage(Buffer.from(req.raw))
  return parsed.ok && parsed.message.kind === 'request' ? parsed.message : undefined
}

/** The response as a value; undefined when its text is none. */
export function responseOf(res: SrfResponse): SipResponse | undefined {
  const parsed = parseMessage(Buffer.from(res.raw))
  return parsed.ok && parsed.message.kind === 'response' ? parsed.message : undefined
}

/** A drachtio-server makes 408 and 503 itself; those come from no address. */
export function isLocal(res: SrfResponse): boolean {
  return res.source_address === ''
}

/** Where a request came from that did not pass the relay. */
export function originOf(req: SrfRequest): Origin {
  const known = transports.find(transport => transport === req.protocol)
  return { transport: known ?? 'tcp', address: req.source_address, port: req.source_port }
}

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
