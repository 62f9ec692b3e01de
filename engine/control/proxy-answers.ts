import { Headers, longName } from '../message/headers.ts'
import type { HeaderLine, SipResponse } from '../message/message.ts'
import { parseNameAddr, splitList } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'

/** Where a 3xx redirects to, best first (RFC 3261 §20.10): SIP URIs only, since nothing else can be asked. */
export function contactsOf({ status, headers }: SipResponse): readonly string[] {
  if (status < 300 || status >= 400) return []
  return headers
    .all('Contact')
    .flatMap(line => splitList(line))
    .flatMap(value => parseNameAddr(value) ?? [])
    .filter(({ uri }) => ['sip', 'sips'].includes(parseUri(uri)?.scheme ?? ''))
    .map(({ uri, params }) => ({ uri, q: Number(params.get('q') ?? 1) }))
    .toSorted((a, b) => b.q - a.q)
    .map(({ uri }) => uri)
}

/** The headers of `best`; when it is a challenge, with those of all the others, so that one retry can satisfy all (§16.7 step 7). */
export function challengesOf(best: SipResponse, all: readonly SipResponse[]): Headers {
  if (best.status !== 401 && best.status !== 407) return best.headers
  const others = all
    .filter(response => response !== best && (response.status === 401 || response.status === 407))
    .flatMap(({ headers }) => headers.lines.filter(isChallenge))
  return new Headers([...best.headers.lines, ...others])
}

function isChallenge([name]: HeaderLine): boolean {
  return ['www-authenticate', 'proxy-authenticate'].includes(longName(name))
}
