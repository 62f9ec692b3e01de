import { isToken } from './grammar.ts'
import { parseUri } from './uri.ts'

/** The first line of a message. With a `fault`, the rest is what could be read of it, good enough for an answer only. */
export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly fault?: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly fault?: string }
  | { readonly kind: 'neither'; readonly fault: string }

/** Reads a Request-Line or a Status-Line, strictly: RFC 3261 §25.1 allows single spaces and nothing at the end. */
export function parseStartLine(line: string): StartLine {
  const isStatusLine = line.startsWith('SIP/') || statusLineStart.test(line)
  return isStatusLine ? parseStatusLine(line) : parseRequestLine(line)
}

function parseStatusLine(line: string): StartLine {
  const found = statusLine.exec(line)
  if (found === null) return { kind: 'neither', fault: 'invalid-status-line' }
  return { kind: 'response', status: Number(found[1]), reason: found[2] ?? '' }
}

function parseRequestLine(line: string): StartLine {
  const first = line.indexOf(' ')
  const method = line.slice(0, first)
  if (first === -1 || !isToken(method) || !namesVersion(line)) return { kind: 'neither', fault: 'not-sip' }
  const last = line.lastIndexOf(' ')
  const uri = line.slice(first + 1, Math.max(last, first + 1))
  const fault = versionFault(line.slice(last + 1)) ?? uriFault(uri)
  const read = { kind: 'request', method, uri } as const
  return fault === undefined ? read : { ...read, fault }
}

/** As nearly everybody writes it, which spares the search. */
const usualVersion = 'SIP/2.0'

function namesVersion(line: string): boolean {
  return line.endsWith(usualVersion) || anyVersion.test(line)
}

function versionFault(version: string): string | undefined {
  if (version === usualVersion || /^SIP\/2\.0$/i.test(version)) return undefined
  return anyVersion.test(version) ? 'unsupported-version' : 'invalid-request-line'
}

function uriFault(text: string): string | undefined {
  const uri = parseUri(text)
  if (uri === undefined) return 'invalid-request-uri'
  // RFC 3261 §19.1.1: headers have no place in a Request-URI; a peer would make us write its header lines.
  return uri.headers === undefined ? undefined : 'request-uri-with-headers'
}

const statusLineStart = /^SIP\//i
/** Class 1 to 6; a missing reason phrase may take its space along. */
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/i
const anyVersion = /SIP\/\d{1,3}\.\d{1,3} *$/i
