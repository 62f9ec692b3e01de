/** A SIP message taken apart by hand, independent of the engine that is under test. Header names are in lower case. */
export interface SipText {
  readonly start: string
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

/** Reads a well-formed message. */
export function readSip(text: string): SipText {
  const end = text.indexOf('\r\n\r\n')
  const [start = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return { start, headers, body: text.slice(end + 4) }
}

/** The first value of a header; empty when it is missing. */
export function headerOf(message: SipText, name: string): string {
  return message.headers.get(name)?.[0] ?? ''
}

/** The method of a request; undefined for a response. */
export function methodOf({ start }: SipText): string | undefined {
  return start.startsWith('SIP/2.0 ') ? undefined : start.split(' ')[0]
}

/** The status of a response; 0 for a request. */
export function statusOf({ start }: SipText): number {
  return start.startsWith('SIP/2.0 ') ? Number(start.slice(8, 11)) : 0
}

/** Writes a message; Content-Length is added. */
export function writeSip(
  start: string,
  headers: readonly (readonly [name: string, value: string])[],
  body = '',
): string {
  const length = ['Content-Length', String(Buffer.byteLength(body))] as const
  const lines = [...headers, length].map(([name, value]) => `${name}: ${value}`)
  return `${[start, ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** A response to `request`, with what RFC 3261 §8.2.6.2 copies; `tag` goes into a To that has none. */
export function answerTo(
  request: SipText,
  status: number,
  { reason = 'Test', tag = 'double', headers = [] as readonly (readonly [string, string])[], body = '' } = {},
): string {
  const to = headerOf(request, 'to')
  return writeSip(
    `SIP/2.0 ${status} ${reason}`,
    [
      ...(request.headers.get('via') ?? []).map(via => ['Via', via] as const),
      ['From', headerOf(request, 'from')],
      ['To', /;tag=/i.test(to) || status === 100 ? to : `${to};tag=${tag}`],
      ['Call-ID', headerOf(request, 'call-id')],
      ['CSeq', headerOf(request, 'cseq')],
      ...headers,
    ],
    body,
  )
}
