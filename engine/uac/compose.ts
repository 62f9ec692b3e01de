import type { RequestParts } from '../api.ts'
import { contactAt } from '../addresses.ts'
import type { Core } from '../core.ts'
import { inDialog } from '../dialog/outgoing.ts'
import { linesAsUac, openingLines } from '../dialog/session-terms.ts'
import type { LiveDialog } from '../live-dialog.ts'
import { parseCSeq } from '../message/cseq.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine } from '../message/message.ts'
import { parseNameAddr, tagOf } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import { writeHostPort } from '../message/host.ts'
import type { Hop } from './hops.ts'

/** A request but for its Via. */
export interface Composed {
  readonly uri: string
  readonly lines: readonly HeaderLine[]
  /** Our Contact, also where the request carries none. */
  readonly contact: string
}

/** A request that opens something, with what names the call. */
export interface ComposedNew extends Composed {
  readonly callId: string
  readonly fromTag: string
  /** The session timer in it is the engine's wish. */
  readonly isTimed: boolean
}

/**
 * A request that opens something: what the application gave, and what RFC 3261 §8.1.1 wants besides. Undefined when its From
 * or CSeq is broken.
 */
export function composeNew(
  core: Core,
  parts: RequestParts,
  uri: string,
  { listener }: Hop,
): ComposedNew | undefined {
  const { taken, rest } = sorted(parts.headers ?? [], newNames)
  const from = senderOf(core, taken.get('from') ?? `<sip:${writeHostPort(listener.advertised)}>`)
  const cseq = taken.get('cseq') ?? `1 ${parts.method}`
  if (from === undefined || parseCSeq(cseq)?.method !== parts.method) return undefined
  const contact = taken.get('contact') ?? contactAt(listener, from.user)
  const callId = taken.get('call-id') ?? core.random(16)
  const lines: HeaderLine[] = [
    ['Max-Forwards', taken.get('max-forwards') ?? '70'],
    ['From', from.value],
    ['To', taken.get('to') ?? `<${uri}>`],
    ['Call-ID', callId],
    ['CSeq', cseq],
  ]
  addContact(lines, parts.method, taken.get('contact'), contact)
  const isTimed = isTimedHere(core, parts.method, rest)
  if (isTimed) lines.push(...openingLines(core.sessions.expiresSec, core.sessions.minSec))
  lines.push(...agentLine(core, rest), ...rest)
  return { uri, lines, contact, callId, fromTag: from.tag, isTimed }
}

/** Whether the session timer in an INVITE is the engine's wish. */
function isTimedHere({ sessions }: Core, method: string, given: readonly HeaderLine[]): boolean {
  return method === 'INVITE' && sessions.expiresSec > 0 && !statesTimer(given)
}

function statesTimer(given: readonly HeaderLine[]): boolean {
  return given.some(([name]) => longName(name) === 'session-expires')
}

/** A From value with its tag, which is made when there is none. */
function senderOf(
  core: Core,
  value: string,
): { readonly value: string; readonly tag: string; readonly user: string | undefined } | undefined {
  const parsed = parseNameAddr(value)
  if (parsed === undefined) return undefined
  const user = parseUri(parsed.uri)?.user
  const given = tagOf(value)
  if (given !== undefined) return { value, tag: given, user }
  const tag = core.random(8)
  return { value: `${value};tag=${tag}`, tag, user }
}

/** A request inside a dialog with the number `cseq`; what the dialog decides is dropped from `parts`. */
export function composeInside(
  core: Core,
  live: LiveDialog,
  parts: Pick<RequestParts, 'method' | 'headers'>,
  cseq: number,
): Composed {
  const given = sorted(parts.headers ?? [], dialogNames)
  const { uri, lines } = inDialog(live.plain, parts.method, cseq)
  const contact = given.taken.get('contact') ?? live.plain.contact
  const all: HeaderLine[] = [['Max-Forwards', given.taken.get('max-forwards') ?? '70'], ...lines]
  addContact(all, parts.method, given.taken.get('contact'), contact)
  const terms = refreshMethods.has(parts.method) ? live.session?.terms : undefined
  // RFC 4028 §7.4: a request that says nothing would switch the timer off.
  if (terms !== undefined && !statesTimer(given.rest)) all.push(...linesAsUac(terms))
  all.push(...agentLine(core, given.rest), ...given.rest)
  return { uri, lines: all, contact }
}

function addContact(lines: HeaderLine[], method: string, given: string | undefined, contact: string): void {
  if (given !== undefined || contactMethods.has(method)) lines.push(['Contact', contact])
}

function agentLine(core: Core, rest: readonly HeaderLine[]): readonly HeaderLine[] {
  if (core.userAgent === undefined || rest.some(([name]) => longName(name) === 'user-agent')) return []
  return [['User-Agent', core.userAgent]]
}

interface Sorted {
  /** By long name; the last one counts. */
  readonly taken: ReadonlyMap<string, string>
  readonly rest: readonly HeaderLine[]
}

function sorted(headers: readonly HeaderLine[], takenNames: ReadonlySet<string>): Sorted {
  const taken = new Map<string, string>()
  const rest: HeaderLine[] = []
  for (const line of headers) {
    const name = longName(line[0])
    if (takenNames.has(name)) taken.set(name, line[1])
    else if (!ownNames.has(name)) rest.push(line)
  }
  return { taken, rest }
}

/** Never the application's: they say what the engine does. */
const ownNames: ReadonlySet<string> = new Set(['via', 'content-length', 'record-route'])
const newNames: ReadonlySet<string> = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards', 'contact'])
const dialogNames: ReadonlySet<string> = new Set([...newNames, 'route'])
/** Requests whose Contact is a remote target (§12.2, RFC 3311, 6665, 3515). */
const contactMethods: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])
/** Requests that refresh the session and the remote target (RFC 3261 §12.2, RFC 3311, RFC 4028 §7). */
export const refreshMethods: ReadonlySet<string> = new Set(['INVITE', 'UPDATE'])
