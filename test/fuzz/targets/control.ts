import { FrameReader } from '../../../engine/control/framing.ts'
import { parseAppMessage } from '../../../engine/control/leader.ts'
import { parseSipOrder, printable } from '../../../engine/control/sip-order.ts'
import { insist, insistLinear, insistSame } from '../oracle.ts'

const limit = 65_536

/** What an application sends over the control port; the first bytes say how it is cut into chunks. */
export function fuzz(data: Buffer): void {
  const size = (data[0] ?? 0) + 1
  const stream = data.subarray(1)
  const whole = read([stream])
  insistSame(read(cut(stream, size)), whole, 'cuts make no difference')
  insistLinear(stream, large => void read(cut(large, size)))
  for (const payload of whole.payloads) order(payload)
  order(stream)
  insistLinear(stream, order)
}

function order(payload: Buffer): void {
  const message = parseAppMessage(payload)
  if (message === undefined) return
  insist(/^[^|\r\n]{1,128}$/.test(message.id), 'an id can be answered to')
  if (message.kind !== 'sip' && message.kind !== 'proxy') return
  const { kind, ...rest } = parseSipOrder(message.text)
  if (kind === 'broken' && 'reason' in rest) insist(!/[|\r\n]/.test(rest.reason), 'a reason is one field')
  if ('headers' in rest) {
    insist(!rest.headers.some(([name, value]) => `${name}${value}`.includes('\r\n')), 'a header is one line')
  }
  printable(message.text.toString('latin1'))
}

function read(chunks: readonly Buffer[]): { payloads: readonly Buffer[]; fault: string | undefined } {
  const reader = new FrameReader(limit)
  const payloads: Buffer[] = []
  for (const chunk of chunks) {
    const { payloads: more, fault } = reader.push(chunk)
    payloads.push(...more)
    if (fault !== undefined) return { payloads, fault }
  }
  return { payloads, fault: undefined }
}

function cut(stream: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(stream.length / size) }, (_, n) =>
    stream.subarray(n * size, (n + 1) * size),
  )
}
