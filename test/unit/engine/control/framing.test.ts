import t from 'tap'
import { frame, FrameReader } from '../../../../engine/control/framing.ts'

const texts = (payloads: readonly Buffer[]): string[] => payloads.map(payload => payload.toString())

t.test('a frame counts bytes, not characters', async t => {
  t.equal(frame('a1|route|invite').toString(), '15#a1|route|invite')
  t.equal(frame('ü').toString(), '2#ü')
})

t.test('a message follows its leader after CRLF and is not touched', async t => {
  const bytes = frame('é|sip', Buffer.from([0x00, 0xff]))
  t.strictSame(bytes, Buffer.concat([Buffer.from('10#é|sip\r\n'), Buffer.from([0x00, 0xff])]))
})

t.test('frames are found however the stream is cut', async t => {
  const stream = Buffer.concat([frame('one'), frame('two', Buffer.from('SIP ü')), frame('three')])
  for (let size = 1; size <= stream.length; size += 1) {
    const reader = new FrameReader(1000)
    const found: string[] = []
    for (let at = 0; at < stream.length; at += size) {
      found.push(...texts(reader.push(stream.subarray(at, at + size)).payloads))
    }
    t.strictSame(found, ['one', 'two\r\nSIP ü', 'three'], `in chunks of ${size}`)
  }
})

t.test('an empty payload is a frame', async t => {
  t.strictSame(texts(new FrameReader(10).push(Buffer.from('0#3#abc')).payloads), ['', 'abc'])
})

const faults: readonly [name: string, stream: string, payloads: string[], fault: string][] = [
  ['a frame above the limit', '11#', [], 'frame-too-long'],
  ['a length of many digits', '99999999999', [], 'frame-too-long'],
  ['a length of many zeros', '00000000000', [], 'frame-too-long'],
  ['no length', '#abc', [], 'length-is-no-number'],
  ['a negative length', '-1#', [], 'length-is-no-number'],
  ['an HTTP request', 'GET / HTTP/1.1', [], 'length-is-no-number'],
  ['rubbish after a good frame', '2#okx', ['ok'], 'length-is-no-number'],
]
for (const [name, stream, payloads, fault] of faults) {
  t.test(`${name} ends the reading`, async t => {
    const read = new FrameReader(10).push(Buffer.from(stream))
    t.equal(read.fault, fault)
    t.strictSame(texts(read.payloads), payloads)
  })
}

t.test('a large frame in many chunks is read in linear time', async t => {
  const reader = new FrameReader(8_000_000)
  const stream = frame('x'.repeat(4_000_000))
  let found = 0
  for (let at = 0; at < stream.length; at += 1000)
    found += reader.push(stream.subarray(at, at + 1000)).payloads.length
  t.equal(found, 1)
})
