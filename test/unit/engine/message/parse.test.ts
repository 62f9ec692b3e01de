import * as fc from 'fast-check'
import t from 'tap'
import { defaultLimits } from '../../../../engine/message/limits.ts'
import { parseMessage, type Parsed } from '../../../../engine/message/parse.ts'

const start = 'OPTIONS sip:a@example.com SIP/2.0'
const headers = {
  via: 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  from: 'From: <sip:b@example.com>;tag=1',
  to: 'To: <sip:a@example.com>',
  callId: 'Call-ID: c1',
  cseq: 'CSeq: 1 OPTIONS',
}

function message(lines: readonly string[], body = '', first = start): Buffer {
  return Buffer.from([first, ...lines, '', body].join('\r\n'))
}

function withHeaders(more: readonly string[] = [], body = ''): Buffer {
  return message([...Object.values(headers), ...more], body)
}

function reasonOf(parsed: Parsed): string | undefined {
  return parsed.ok ? undefined : parsed.fault.reason
}

for (const name of ['via', 'from', 'to', 'callId', 'cseq'] as const) {
  const header = name === 'callId' ? 'call-id' : name
  t.test(`a request without ${header} is refused`, async t => {
    const parsed = parseMessage(message(Object.values({ ...headers, [name]: 'X: y' })))
    t.equal(reasonOf(parsed), `missing-${header}`)
    t.equal(
      !parsed.ok && parsed.fault.answerable !== undefined,
      name !== 'via',
      'only a Via makes it answerable',
    )
  })
}

for (const header of [
  'From: <sip:c@d>',
  'f: <sip:c@d>',
  'To: <sip:c@d>',
  'i: 2',
  'CSeq: 1 OPTIONS',
  'Max-Forwards: 1',
]) {
  t.test(`a second "${header}" is refused`, async t => {
    t.match(reasonOf(parseMessage(withHeaders(['Max-Forwards: 70', header]))), /^repeated-/)
  })
}

const bodies: readonly [name: string, lines: string[], body: string, read: string, trailing: number][] = [
  ['the rest without Content-Length', [], 'abc', 'abc', 0],
  ['as long as Content-Length says', ['Content-Length: 2'], 'abc', 'ab', 1],
  ['nothing with Content-Length 0', ['l:0'], 'abc', '', 3],
  ['nothing at all', ['Content-Length: 0'], '', '', 0],
]

for (const [name, lines, body, read, trailing] of bodies) {
  t.test(`the body is ${name}`, async t => {
    const parsed = parseMessage(withHeaders(lines, body))
    if (!parsed.ok) return void t.fail(parsed.fault.reason)
    t.equal(parsed.message.body.toString(), read)
    t.equal(parsed.trailing, trailing)
  })
}

const broken: readonly [name: string, bytes: Buffer, reason: string][] = [
  ['nothing', Buffer.alloc(0), 'unterminated-headers'],
  ['line breaks only', Buffer.from('\r\n\r\n'), 'unterminated-headers'],
  ['another protocol', message([], '', 'GET / HTTP/1.1'), 'not-sip'],
  ['bare line feeds', Buffer.from(withHeaders().toString().replaceAll('\r\n', '\n')), 'unterminated-headers'],
  ['a bare line feed in a header', withHeaders(['X: a\nY: b']), 'bare-line-break'],
  ['a bare carriage return in a header', withHeaders(['X: a\rY: b']), 'bare-line-break'],
  ['a NUL in a header', withHeaders(['X: a\0b']), 'nul-in-header'],
  ['a header without a colon', withHeaders(['X']), 'invalid-header-line'],
  ['a header name with a blank in it', withHeaders(['X Y: z']), 'invalid-header-line'],
  ['a folded first header', message([' X: y', ...Object.values(headers)]), 'invalid-header-line'],
  [
    'a Call-ID with blanks',
    message(Object.values({ ...headers, callId: 'Call-ID: a b' })),
    'invalid-call-id',
  ],
  ['a broken second Contact', withHeaders(['Contact: <sip:a@b>, sip:a@b?c']), 'invalid-contact'],
  ['more hops than there are', withHeaders(['Max-Forwards: 256']), 'invalid-max-forwards'],
  ['too much', withHeaders([], 'x'.repeat(defaultLimits.message)), 'message-too-large'],
  ['too long a line', withHeaders([`X: ${'x'.repeat(defaultLimits.line)}`]), 'line-too-long'],
  [
    'too long a folded line',
    withHeaders([`X: ${'x'.repeat(5000)}\r\n ${'x'.repeat(5000)}`]),
    'line-too-long',
  ],
  ['too many headers', withHeaders(Array.from({ length: 128 }, () => 'X: y')), 'too-many-headers'],
  ['too many Vias', withHeaders([`Via: ${'SIP/2.0/UDP a,'.repeat(64)}SIP/2.0/UDP b`]), 'too-many-vias'],
]

for (const [name, bytes, reason] of broken) {
  t.test(`refused: ${name}`, async t => {
    t.equal(reasonOf(parseMessage(bytes)), reason)
  })
}

t.test('an ACK is never answerable', async t => {
  const parsed = parseMessage(
    Buffer.from(withHeaders().toString().replaceAll('OPTIONS', 'ACK').replace('CSeq: 1', 'CSeq: x')),
  )
  t.strictSame(parsed, { ok: false, fault: { reason: 'invalid-cseq' } })
})

t.test('line breaks before the start line are ignored', async t => {
  t.equal(parseMessage(Buffer.concat([Buffer.from('\r\n\r\n'), withHeaders()])).ok, true)
})

t.test('whatever comes in, the answer is a value', async t => {
  const whole = withHeaders(['Contact: "a" <sip:a@b>;q=1', 'Content-Length: 3'], 'abc')
  const edit = fc.tuple(fc.nat(whole.length), fc.nat(8), fc.uint8Array({ maxLength: 4 }))
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 6 }), edits => {
      let bytes = whole
      for (const [at, cut, paste] of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), paste, bytes.subarray(at + cut)])
      }
      t.type(parseMessage(bytes).ok, 'boolean')
    }),
    { numRuns: 500 },
  )
})
