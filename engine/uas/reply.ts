import type { Source } from '../api.ts'
import { targetOf } from '../addresses.ts'
import type { Core } from '../core.ts'
import { response } from '../message/build.ts'
import { longName } from '../message/headers.ts'
import type { HeaderLine, SipRequest, SipResponse } from '../message/message.ts'
import { tagOf } from '../message/name-addr.ts'
import { written } from '../uac/written.ts'
import { withFeedback, type Feedback } from '../overload.ts'
import { stamped } from './incoming.ts'

/** What the application gave for a response, and what the engine adds where it has not. */
export interface ReplyParts {
  readonly status: number
  readonly reason?: string | undefined
  readonly headers?: readonly HeaderLine[] | undefined
  readonly body?: Buffer | string | undefined
  readonly tag?: string | undefined
  readonly contact?: string | undefined
  /** The value of Server. */
  readonly server?: string | undefined
  /** What a peer that asks is told about our load. */
  readonly feedback?: Feedback | undefined
}

/** The response with all that RFC 3261 §8.2.6.2 and §12.1.1 take over from the request. Headers that are the engine's are dropped from `parts`. */
export function replyTo(request: SipRequest, parts: ReplyParts): SipResponse {
  const { status, reason, body = '', tag, contact, server } = parts
  const lines = copiedLines(request, status, status === 100 ? undefined : tag)
  if (parts.feedback !== undefined) addFeedback(lines, parts.feedback)
  const given = (parts.headers ?? []).filter(([name]) => !ownNames.has(longName(name)))
  if (contact !== undefined && !has(given, 'contact')) lines.push(['Contact', contact])
  if (server !== undefined && !has(given, 'server')) lines.push(['Server', server])
  lines.push(...given)
  return response(status, lines, reason === undefined ? { body } : { reason, body })
}

/** Answers a request that is not kept (§8.2.7): refusals of the engine itself, and the 200 to a CANCEL. */
export function replyStateless(core: Core, request: SipRequest, source: Source, parts: ReplyParts): void {
  const full = {
    tag: core.statelessTag,
    server: core.userAgent,
    feedback: core.overload.feedback(),
    ...parts,
  }
  const bytes = written(replyTo(stamped(request, source), full))
  // What a broken request holds may be nothing that can be given back, e.g. a NUL in its Via.
  if (bytes === undefined) return
  core.transports.send(bytes, targetOf(source), reason => core.log.debug('sip.reply-failed', { reason }))
}

function copiedLines({ headers }: SipRequest, status: number, tag: string | undefined): HeaderLine[] {
  const names = headers.names()
  const lines: HeaderLine[] = []
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? ''
    const line = headers.lines[at]
    if (line === undefined) break
    if (name === 'to') lines.push(['To', withTag(line[1], tag)])
    else if (copiedNames.has(name)) lines.push(line)
    else if (name === 'record-route' && status > 100 && status < 300) lines.push(line)
  }
  return lines
}

/** RFC 7339 §4: the peer finds it in the Via that it has sent, the first one. */
function addFeedback(lines: HeaderLine[], feedback: Feedback): void {
  const at = lines.findIndex(([name]) => longName(name) === 'via')
  const line = lines[at]
  if (line !== undefined) lines[at] = [line[0], withFeedback(line[1], feedback)]
}

function has(lines: readonly HeaderLine[], name: string): boolean {
  return lines.some(([given]) => longName(given) === name)
}

function withTag(to: string, tag: string | undefined): string {
  return tag === undefined || tagOf(to) !== undefined ? to : `${to};tag=${tag}`
}

const copiedNames: ReadonlySet<string> = new Set(['via', 'from', 'call-id', 'cseq'])
const ownNames: ReadonlySet<string> = new Set([...copiedNames, 'to', 'content-length', 'record-route'])
