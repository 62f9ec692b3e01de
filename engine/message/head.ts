import { hasBareNul, isBlank, isToken, trimmed } from './grammar.ts'
import { Headers, isKnownName } from './headers.ts'
import type { MessageLimits } from './limits.ts'
import type { HeaderLine } from './message.ts'
import { parseStartLine, type StartLine } from './start-line.ts'

/** Start line and header lines; nothing of the values is read yet. With a `fault`, `headers` holds the sound lines before it. */
export interface Head {
  readonly start: StartLine
  readonly headers: Headers
  readonly fault?: string
}

/** Splits everything before the blank line. Time is linear in the length of `text`. */
export function parseHead(text: string, limits: MessageLimits): Head {
  const startEnd = lineEnd(text, 0)
  if (startEnd === -1 || startEnd > limits.line) return noHead
  const start = parseStartLine(text.slice(0, startEnd))
  const lines: HeaderLine[] = []
  const linesFault = readLines(text, startEnd + 2, limits, lines)
  const fault = start.fault ?? (hasBareNul(text) ? 'nul-in-header' : linesFault)
  const head = { start, headers: new Headers(lines) }
  return fault === undefined ? head : { ...head, fault }
}

function readLines(
  text: string,
  from: number,
  limits: MessageLimits,
  lines: HeaderLine[],
): string | undefined {
  let at = from
  while (at < text.length) {
    if (lines.length === limits.headers) return 'too-many-headers'
    const first = lineEnd(text, at)
    const end = first === -1 ? -1 : endOfFolds(text, first)
    if (end === -1) return 'bare-line-break'
    if (end - at > limits.line) return 'line-too-long'
    const line = readLine(text, at, first, end)
    if (line === undefined) return 'invalid-header-line'
    lines.push(line)
    at = end + 2
  }
  return undefined
}

/** `first` is where the header's first line ends, `end` where its last folded one does. */
function readLine(text: string, at: number, first: number, end: number): HeaderLine | undefined {
  const colon = text.indexOf(':', at)
  if (colon === -1 || colon > first || isBlank(text.charCodeAt(at))) return undefined
  // RFC 3261 §25.1 allows blanks before the colon; they are no part of the name.
  const name = trimmed(text, at, colon)
  if (!isKnownName(name) && !isToken(name)) return undefined
  return [name, first === end ? trimmed(text, colon + 1, end) : unfolded(text, colon + 1, end)]
}

/** RFC 3261 §7.3.1: a line break followed by blanks means one space. */
function unfolded(text: string, from: number, to: number): string {
  const parts = text.slice(from, to).split('\r\n')
  return parts
    .map(part => trimmed(part, 0, part.length))
    .filter(part => part !== '')
    .join(' ')
}

function endOfFolds(text: string, first: number): number {
  let end = first
  while (end !== -1 && isBlank(text.charCodeAt(end + 2))) end = lineEnd(text, end + 2)
  return end
}

/** Where the line that begins at `at` ends; -1 when a CR or LF stands alone in it. */
function lineEnd(text: string, at: number): number {
  const cr = text.indexOf('\r', at)
  const lf = text.indexOf('\n', at)
  if (cr === -1 && lf === -1) return text.length
  return cr !== -1 && lf === cr + 1 ? cr : -1
}

const noHead: Head = {
  start: { kind: 'neither', fault: 'invalid-start-line' },
  headers: new Headers([]),
  fault: 'invalid-start-line',
}
