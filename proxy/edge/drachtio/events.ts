import type { SipRequest, SipResponse } from '../../../engine/message/message.ts'
import { parseMessage } from '../../../engine/message/parse.ts'
import type { Origin, Side } from '../../ports.ts'
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

/** Where our faces listen. */
export type Faces = Readonly<Record<Side, { readonly host: string; readonly port: number }>>

/** Where a request came from that did not pass the relay. */
export function originOf(req: SrfRequest, faces: Faces): Origin {
  const known = transports.find(transport => transport === req.protocol)
  const side = (['inside', 'trunk'] as const).find(face => isAt(faces[face], req.receivedOn ?? ''))
  return {
    transport: known ?? 'tcp',
    address: req.source_address,
    port: req.source_port,
    ...(side && { side }),
  }
}

function isAt({ host, port }: Faces[Side], receivedOn: string): boolean {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  return isEverywhere ? receivedOn.endsWith(`:${port}`) : receivedOn === `${host}:${port}`
}

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
