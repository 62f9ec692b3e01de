import { parseMessage } from '../../../engine/message/parse.ts'
import { createFramer, type Framed } from '../../../engine/transport/stream-framing.ts'
import { insist, insistLinear, insistSame } from '../oracle.ts'

const limits = { message: 65_536 }

/** A byte stream of anybody; the first bytes say how it is cut into chunks. Cuts make no difference, and no byte is made up. */
export function fuzz(data: Buffer): void {
  const cuts = data.subarray(0, 8)
  const stream = data.subarray(8)
  const whole = frames([stream])
  insistSame(frames(cutBy(stream, cuts)), whole, 'cuts make no difference')
  insistSame(frames(Array.from(stream, byte => Buffer.of(byte))), whole, 'nor does it come byte by byte')
  insistLinear(stream, large => void frames(cutBy(large, cuts)))
  for (const message of whole.messages) {
    insist(stream.includes(message), 'a message is a part of the stream')
    parseMessage(message)
  }
}

function frames(chunks: readonly Buffer[]): {
  messages: readonly Buffer[]
  keepAlives: number
  fault: string | undefined
} {
  const framer = createFramer(limits)
  const read: Framed[] = chunks.map(chunk => framer.push(chunk))
  return {
    messages: read.flatMap(({ messages }) => messages),
    keepAlives: read.reduce((sum, { keepAlives }) => sum + keepAlives, 0),
    fault: read.find(({ fault }) => fault !== undefined)?.fault,
  }
}

/** Chunks of the sizes that `sizes` says, again and again. */
function cutBy(stream: Buffer, sizes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0, n = 0; at < stream.length; n++) {
    const size = (sizes[n % Math.max(sizes.length, 1)] ?? 1) + 1
    chunks.push(stream.subarray(at, at + size))
    at += size
  }
  return chunks
}
