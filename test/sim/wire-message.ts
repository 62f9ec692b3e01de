/**
 * What a message on the wire says, read by other code than that which is under test. Of a broken message, what could be read.
 */
export interface WireMessage {
  readonly isRequest: boolean
  /** Of the CSeq, so that a response has one too. */
  readonly method: string
  /** 0 in a request. */
  readonly status: number
  readonly start: string
  /** Of the first Via, with its sent-by: what names the transaction. */
  readonly branch: string
  readonly callId: string
  readonly fromTag: string
  readonly toTag: string
  readonly cseq: number
  /** What is not as RFC 3261 wants it from a careful sender. */
  readonly fault: string | undefined
}

/** Reads one message; `text` holds one character for each byte. */
export function readWire(text: string): WireMessage {
  const end = text.indexOf('\r\n\r\n')
  const lineEnd = text.indexOf('\r\n')
  const headEnd = end === -1 ? text.length : end
  const start = text.slice(0, lineEnd === -1 ? headEnd : lineEnd)
  const found = readHeaders(text, start.length + 2, headEnd)
  const value = (name: string): string => found.values.get(name) ?? ''
  const isRequest = !start.startsWith('SIP/2.0 ')
  const [number = '', method = ''] = value('cseq').split(' ')
  return {
    isRequest,
    method,
    status: isRequest ? 0 : Number(start.slice(8, 11)),
    start,
    branch: `${paramOf(value('via'), 'branch=')} ${value('via').split(';', 1)[0]}`,
    callId: value('call-id'),
    fromTag: paramOf(value('from'), ';tag='),
    toTag: paramOf(value('to'), ';tag='),
    cseq: Number(number),
    fault: end === -1 ? 'no empty line' : faultOf(text.length - end - 4, start, isRequest, found),
  }
}

/** First values by lower-case long name, and the first thing that is wrong with a line. */
interface Found {
  readonly values: Map<string, string>
  fault: string | undefined
}

function readHeaders(text: string, from: number, end: number): Found {
  const found: Found = { values: new Map(), fault: undefined }
  for (let at = from; at < end;) {
    const next = text.indexOf('\r\n', at)
    const stop = next === -1 || next > end ? end : next
    const colon = text.indexOf(': ', at)
    if (colon === -1 || colon >= stop) found.fault ??= `a line without a name: ${text.slice(at, stop)}`
    else note(found, text.slice(at, colon).toLowerCase(), text.slice(colon + 2, stop))
    at = stop + 2
  }
  return found
}

function note(found: Found, written: string, value: string): void {
  const name = compact.get(written) ?? written
  if (broken.test(value)) found.fault ??= `a control character in ${name}`
  if (!found.values.has(name)) found.values.set(name, value)
  else if (single.has(name)) found.fault ??= `two ${name}`
}

function faultOf(bodyLength: number, start: string, isRequest: boolean, found: Found): string | undefined {
  const { values, fault } = found
  if (fault !== undefined) return fault
  if (!(isRequest ? requestLine : statusLine).test(start)) return `start line: ${start}`
  const missing = wanted.find(name => !values.has(name))
  if (missing !== undefined) return `no ${missing}`
  if (isRequest && !values.has('max-forwards')) return 'no max-forwards'
  if (isRequest && !start.startsWith(`${values.get('cseq')?.split(' ')[1]} `)) return 'CSeq of another method'
  return Number(values.get('content-length')) === bodyLength ? undefined : 'wrong content-length'
}

function paramOf(value: string, mark: string): string {
  const at = value.lastIndexOf(mark)
  return at === -1 ? '' : (value.slice(at + mark.length).split(';', 1)[0] ?? '')
}

const wanted = ['via', 'from', 'to', 'call-id', 'cseq', 'content-length']
const single = new Set([
  ...wanted.slice(1),
  'max-forwards',
  'content-type',
  'expires',
  'user-agent',
  'server',
  'retry-after',
])
const compact = new Map([
  ['v', 'via'],
  ['f', 'from'],
  ['t', 'to'],
  ['i', 'call-id'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['c', 'content-type'],
])
const requestLine = /^[A-Z]+ [!-~]+ SIP\/2\.0$/
const statusLine = /^SIP\/2\.0 [1-6]\d\d [^\r\n]*$/
// eslint-disable-next-line no-control-regex
const broken = /[\x00-\x08\x0A-\x1F\x7F]/
