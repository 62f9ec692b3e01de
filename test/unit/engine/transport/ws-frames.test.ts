import * as fc from 'fast-check'
import t from 'tap'
import { createFrameTracker } from '../../../../engine/transport/ws-frames.ts'

interface Frame {
  readonly opcode: number
  readonly isFinal: boolean
  readonly length: number
  readonly isMasked: boolean
}

function bytesOf({ opcode, isFinal, length, isMasked }: Frame): Buffer {
  const first = (isFinal ? 0x80 : 0) | opcode
  const mask = isMasked ? 0x80 : 0
  const size =
    length < 126
      ? Buffer.of(mask | length)
      : length < 65_536
        ? Buffer.of(mask | 126, length >> 8, length & 255)
        : Buffer.concat([Buffer.of(mask | 127), Buffer.from(length.toString(16).padStart(16, '0'), 'hex')])
  // Payload and mask look like the start of frames, which they are not.
  return Buffer.concat([
    Buffer.of(first),
    size,
    Buffer.alloc(isMasked ? 4 : 0, 0x81),
    Buffer.alloc(length, 0x81),
  ])
}

const frame = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
  isFinal: fc.boolean(),
  length: fc.oneof(fc.nat(10), fc.constantFrom(0, 125, 126, 65_535, 65_536)),
  isMasked: fc.boolean(),
})

t.test('it stands where the frames say, however the stream is cut', async t => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.nat(200_000), { maxLength: 20 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(bytesOf))
        const tracker = createFrameTracker()
        const at = [0, ...cuts.map(cut => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]
        for (const [index, to] of at.slice(1).entries()) tracker.push(stream.subarray(at[index], to))
        const data = frames.filter(({ opcode }) => opcode < 8)
        t.equal(tracker.ended, data.filter(({ isFinal }) => isFinal).length)
        t.equal(tracker.isMidway, data.at(-1)?.isFinal === false)
      },
    ),
    { numRuns: 60 },
  )
})

t.test('every piece of a frame is midway', async t => {
  const whole = bytesOf({ opcode: 1, isFinal: true, length: 200, isMasked: true })
  for (let at = 1; at < whole.length; at += 1) {
    const tracker = createFrameTracker()
    tracker.push(whole.subarray(0, at))
    t.equal(tracker.isMidway, true, `${at} bytes`)
    tracker.push(whole.subarray(at))
    t.equal(tracker.isMidway, false)
  }
})

t.test('a frame that says it has 2^46 bytes is midway for ever', async t => {
  const tracker = createFrameTracker()
  tracker.push(Buffer.from('82ff0000400000000000', 'hex'))
  tracker.push(Buffer.alloc(100_000))
  t.equal(tracker.isMidway, true)
  t.equal(tracker.ended, 0)
})
