import type { IncomingMessage } from 'node:http'
import type { WsOptions } from './transport-options.ts'

/** Why a request to become a WebSocket is refused; written as the HTTP status of the answer. */
export interface UpgradeRefusal {
  readonly status: 400 | 403 | 404 | 405 | 426 | 503
  readonly reason: string
}

/** Judges an upgrade before anything else is done with it; undefined lets it pass (RFC 6455 §4.2, RFC 7118 §5). */
export function upgradeRefusal(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'httpVersion'>,
  options: Pick<WsOptions, 'path' | 'hosts' | 'origins' | 'allowMissingOrigin'>,
): UpgradeRefusal | undefined {
  const { method, url = '', headers, httpVersion } = request
  if (url.split('?', 1)[0] !== options.path) return { status: 404, reason: 'unknown-path' }
  if (method !== 'GET') return { status: 405, reason: 'not-get' }
  if (httpVersion !== '1.1') return { status: 400, reason: 'not-http-1.1' }
  if (!isKnown(headers.host, options.hosts)) return { status: 400, reason: 'unknown-host' }
  if (!isAllowed(headers.origin, options)) return { status: 403, reason: 'origin-not-allowed' }
  if (headers['sec-websocket-version'] !== '13') return { status: 426, reason: 'unsupported-version' }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map(protocol => protocol.trim())
  return offered.includes('sip') ? undefined : { status: 400, reason: 'subprotocol-sip-not-offered' }
}

function isKnown(host: string | undefined, hosts: readonly string[]): boolean {
  return host !== undefined && host !== '' && (hosts.includes('*') || hosts.includes(host.toLowerCase()))
}

function isAllowed(
  origin: string | undefined,
  { origins, allowMissingOrigin }: Pick<WsOptions, 'origins' | 'allowMissingOrigin'>,
): boolean {
  return origin === undefined ? allowMissingOrigin : origins.includes('*') || origins.includes(origin)
}
