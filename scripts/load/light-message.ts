/** What a load generator reads of a message: no more than it needs, because it shares the machine with what it measures. */
export interface LightMessage {
  /** 0 of a request. */
  readonly status: number
  /** Of the CSeq. */
  readonly method: string
  readonly text: string
}

/** Reads start line and CSeq. */
export function readLight(text: string): LightMessage {
  const status = text.startsWith('SIP/2.0 ') ? Number(text.slice(8, 11)) : 0
  return { status, method: header(text, 'CSeq').split(' ')[1] ?? '', text }
}

/** The first value of a header that is written in exactly this spelling; empty when there is none. */
export function header(text: string, name: string): string {
  const at = text.indexOf(`\r\n${name}:`)
  if (at === -1) return ''
  const from = at + name.length + 3
  return text.slice(from, text.indexOf('\r\n', from)).trim()
}

/** All values of such a header, in their order, one for each line. */
export function headers(text: string, name: string): readonly string[] {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')
  return lines.filter(line => line.startsWith(`${name}: `)).map(line => line.slice(name.length + 2))
}

/** The URI between the angle brackets of a header's value. */
export function uriIn(value: string): string {
  return value.slice(value.indexOf('<') + 1, value.indexOf('>'))
}

/** A 200 to a request. */
export function okTo(text: string): string {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(name => `${name}: ${header(text, name)}`)
  return `SIP/2.0 200 OK\r\n${copied.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`
}
