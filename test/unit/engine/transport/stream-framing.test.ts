import * as fc from 'fast-check'
import t from 'tap'
import { createFramer, type Framed } from '../../../../engine/transport/stream-framing.ts'

const limits = { message: 2000 }
const first = 'OPTIONS sip:a SIP/2.0\r\nVia: x\r\nContent-Length: 0\r\n\r\n'
const second = 'INVITE sip:b SIP/2.0\r\nl : 6\r\nX: \r\n more\r\n\r\nv=0\r\n\r'
const pair = Buffer.from(`${first}\r\n\r\n\r\n${second}${first}\r\n`)

t.test('a stream is cut into the messages that were written to it', async t => {
  const { messages, keepAlives, fault } = createFramer(limits).push(pair)
  t.strictSame(messages.map(String), [first, second, first])
  t.equal(keepAlives, 1)
  t.equal(fault, undefined)
})

t.test('how the stream is cut into chunks makes no difference', async t => {
  const streams = [
    pair,
    Buffer.concat([pair, pair, Buffer.from('\r\n\r\n')]),
    Buffer.from(`${first}NOTIFY sip:c SIP/2.0\r\nVia: y\r\n\r\n${first}`),
    Buffer.from(`${first}\rX`),
    Buffer.from(`${first}${'x'.repeat(3000)}\r\n\r\n`),
    Buffer.from(`${first}BYE sip:c SIP/2.0\r\nContent-Length: 1999\r\n\r\n`),
  ]
  for (const stream of streams) {
    const whole = summary([createFramer(limits).push(stream)])
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), cuts => {
        const framer = createFramer(limits)
        t.strictSame(summary(split(stream, cuts).map(chunk => framer.push(chunk))), whole)
      }),
      { numRuns: 40 },
    )
    const framer = createFramer(limits)
    t.strictSame(summary(Array.from(stream, byte => framer.push(Buffer.of(byte)))), whole, 'byte by byte')
  }
})

t.test('bytes that were handed out are never written to again', async t => {
  const framer = createFramer(limits)
  framer.push(pair.subarray(0, 10))
  const [message] = framer.push(pair.subarray(10, first.length)).messages
  framer.push(Buffer.from('x'.repeat(500)))
  t.equal(String(message), first)
})

t.test('a ping counts when it is whole, and a single CRLF is none', async t => {
  const framer = createFramer(limits)
  t.equal(framer.push(Buffer.from('\r\n')).keepAlives, 0)
  t.equal(framer.push(Buffer.from('\r')).keepAlives, 0)
  t.equal(framer.push(Buffer.from('\n')).keepAlives, 1)
  t.equal(framer.push(Buffer.from(`\r\n${first}\r\n`)).keepAlives, 0)
  t.equal(framer.push(Buffer.from('\r\n')).keepAlives, 1)
})

const faults: readonly [name: string, head: string, fault: string][] = [
  ['no Content-Length', 'Via: x', 'missing-content-length'],
  ['two of them', 'Content-Length: 0\r\nl: 0', 'repeated-content-length'],
  ['a negative one', 'Content-Length: -1', 'invalid-content-length'],
  ['a list', 'Content-Length: 0, 5', 'invalid-content-length'],
  ['2^31', 'Content-Length: 2147483648', 'message-too-large'],
  ['2^63', 'Content-Length: 9223372036854775808', 'invalid-content-length'],
  ['one behind a bare line feed', 'X: y\nContent-Length: 0\r\nContent-Length: 5', 'bare-line-break'],
  [
    'more headers than a message may have bytes',
    `Content-Length: 0\r\nX: ${'y'.repeat(2000)}`,
    'message-too-large',
  ],
]

for (const [name, head, fault] of faults) {
  t.test(`framing ends at ${name}`, async t => {
    const framer = createFramer(limits)
    const framed = framer.push(Buffer.from(`${first}OPTIONS sip:a SIP/2.0\r\n${head}\r\n\r\n${first}`))
    t.strictSame(framed.messages.map(String), [first], 'what came before is good')
    t.equal(framed.fault, fault)
    t.strictSame(framer.push(Buffer.from(first)).messages, [], 'and nothing comes after')
  })
}

t.test('headers that never end are held up to the limit only', async t => {
  const framer = createFramer(limits)
  t.equal(framer.push(Buffer.from('x'.repeat(limits.message))).fault, undefined)
  t.equal(framer.push(Buffer.from('x')).fault, 'message-too-large')
})

function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
  return at.slice(1).map((to, index) => stream.subarray(at[index], to))
}

function summary(framed: readonly Framed[]): unknown {
  return {
    messages: framed.flatMap(({ messages }) => messages.map(String)),
    keepAlives: framed.reduce((sum, one) => sum + one.keepAlives, 0),
    fault: framed.find(one => one.fault !== undefined)?.fault,
  }
}
