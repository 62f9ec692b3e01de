import type { ListenerAddress } from '../api.ts'
import { longName } from '../message/headers.ts'
import { writeHostPort } from '../message/host.ts'
import type { HeaderLine } from '../message/message.ts'
import { parseNameAddr, splitList, writeNameAddr } from '../message/name-addr.ts'
import { parseUri, writeUri } from '../message/uri.ts'

/** Headers of an application's new request, as the engine shall send them from `listener`. */
export function newRequestHeaders(
  headers: readonly HeaderLine[],
  listener: ListenerAddress,
): readonly HeaderLine[] {
  return localised(passing(headers, immutable), listener)
}

/** Headers of an application's request inside a dialog: what names the dialog is the engine's. */
export function inDialogHeaders(
  headers: readonly HeaderLine[],
  listener: ListenerAddress | undefined,
): readonly HeaderLine[] {
  return localised(passing(headers, ofDialog), listener)
}

/** Headers of an application's response, and the To tag that it chose. */
export function responseHeaders(
  headers: readonly HeaderLine[],
  listener: ListenerAddress | undefined,
): { readonly headers: readonly HeaderLine[]; readonly tag?: string } {
  const to = headers.find(([name]) => longName(name) === 'to')
  // The tag of a To that drachtio-srf has put together is always its last parameter.
  const tag = to === undefined ? undefined : /;tag=([\w.!%*+`'~-]{1,128})\s*$/.exec(to[1])?.[1]
  return { headers: localised(passing(headers, ofDialog), listener), ...(tag !== undefined && { tag }) }
}

/** Headers that an application adds to a request that is proxied. */
export function passedHeaders(headers: readonly HeaderLine[]): readonly HeaderLine[] {
  return passing(headers, ofDialog)
}

/** The headers that a CANCEL may carry besides those of its INVITE (RFC 3326). */
export function cancelHeaders(headers: readonly HeaderLine[]): readonly HeaderLine[] {
  return headers.filter(([name]) => longName(name) === 'reason' || /^x-/i.test(name))
}

/** `headers` with a Content-Type when the body needs one and can only be SDP. */
export function withContentType(headers: readonly HeaderLine[], body: Buffer): readonly HeaderLine[] {
  const isSdp = body.length > 2 && body.toString('latin1', 0, 3) === 'v=0'
  if (!isSdp || headers.some(([name]) => longName(name) === 'content-type')) return headers
  return [...headers, ['Content-Type', 'application/sdp']]
}

/** The name as it is written on the wire: drachtio-srf hands names over in lower case. `X-` names stay as they are. */
export function properName(name: string): string {
  if (/^x-/i.test(name)) return name
  const long = longName(name)
  return (
    irregular.get(long) ??
    long.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
  )
}

const immutable = new Set(['via', 'route', 'rseq', 'record-route', 'content-length'])
const ofDialog = new Set([...immutable, 'from', 'to', 'call-id', 'cseq', 'max-forwards'])

const irregular = new Map([
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
  ['mime-version', 'MIME-Version'],
  ['rack', 'RAck'],
  ['sip-etag', 'SIP-ETag'],
  ['sip-if-match', 'SIP-If-Match'],
  ['www-authenticate', 'WWW-Authenticate'],
])

function passing(headers: readonly HeaderLine[], dropped: ReadonlySet<string>): readonly HeaderLine[] {
  return headers
    .filter(([name]) => !dropped.has(longName(name)))
    .map(([name, value]) => [properName(name), value])
}

const naming = new Set(['from', 'to', 'contact', 'p-asserted-identity'])
const localhost = /@localhost(?::\d{1,5})?(?![\w.:-])/gi

/**
 * `@localhost` stands for the listener that a message leaves from; an application cannot know which one that will be.
 * Where nobody knows it the header is left out, as a drachtio-server does.
 */
function localised(
  headers: readonly HeaderLine[],
  listener: ListenerAddress | undefined,
): readonly HeaderLine[] {
  return headers.flatMap((line): readonly HeaderLine[] => {
    const [name, value] = line
    if (!naming.has(longName(name)) || value.search(localhost) < 0) return [line]
    if (listener === undefined) return []
    if (longName(name) === 'contact') return [[name, localContacts(value, listener)]]
    return [[name, value.replaceAll(localhost, `@${writeHostPort(listener.advertised)}`)]]
  })
}

function localContacts(value: string, listener: ListenerAddress): string {
  return splitList(value)
    .map(contact => localContact(contact, listener))
    .join(', ')
}

function localContact(value: string, listener: ListenerAddress): string {
  const contact = parseNameAddr(value)
  const uri = contact && parseUri(contact.uri)
  if (contact === undefined || uri?.host.toLowerCase() !== 'localhost') return value
  const params = new Map(uri.params)
  const { transport, advertised } = listener
  // RFC 7118 §5.2 knows one value for both kinds of WebSocket.
  const named = transport === 'wss' ? 'ws' : transport
  if (transport !== 'udp' && !params.has('transport')) params.set('transport', named)
  return writeNameAddr({ ...contact, uri: writeUri({ ...uri, ...advertised, params }) })
}
