// W4: frames that break RFC 6455, or are more than a SIP message needs, close their connection with the right code, and cost
// next to nothing. Scaled: 20 attackers at once; the bounds are those of the product but where a test says so.
import t, { type Test } from 'tap'
import { browser, frame, rawClient, upgradeText, type RawClient } from '../../support/attack/peers.ts'
import { openTarget, type Target } from '../../support/attack/target.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'
import { liveBytes } from '../../support/heap.ts'

const register = frame(requestText('REGISTER', { via: 'SIP/2.0/WS x.invalid' }))

/** A connected client that has been upgraded. */
async function upgraded(t: Test, target: Target): Promise<RawClient> {
  const client = rawClient(t, target.port('ws'))
  client.socket.write(upgradeText())
  await within(2000, () => client.got().includes('\r\n\r\n'))
  return client
}

/** The code of the close frame that the target has sent; undefined when there is none. */
function closeCode(client: RawClient): number | undefined {
  const frames = Buffer.from(client.got(), 'latin1')
  for (let at = frames.indexOf('\r\n\r\n') + 4; at + 1 < frames.length;) {
    const length = frames[at + 1] ?? 0
    const [head, size] = length === 126 ? [4, frames.readUInt16BE(at + 2)] : [2, length]
    if (frames[at] === 0x88) return frames.readUInt16BE(at + head)
    at += head + size
  }
  return undefined
}

const many = (count: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => one))

const faults: readonly [name: string, code: number, bytes: Buffer][] = [
  ['a length of 2^46', 1009, Buffer.from('82ff0000400000000000', 'hex')],
  ['a length of 2^63', 1009, Buffer.from('82ff8000000000000000', 'hex')],
  ['a message larger than it may be', 1009, frame('x'.repeat(65_535), { isFinal: false })],
  ['fragments without end', 1008, Buffer.concat([frame('x', { isFinal: false }), many(131_072, fragment())])],
  [
    'empty fragments without end',
    1008,
    Buffer.concat([frame('', { isFinal: false }), many(5000, fragment(''))]),
  ],
  ['no mask', 1002, Buffer.from('8101787878', 'hex')],
  ['RSV1, as if it were compressed', 1002, frame('x', { bits: 0x40 })],
  ['RSV2', 1002, frame('x', { bits: 0x20 })],
  ['RSV3', 1002, frame('x', { bits: 0x10 })],
  ['a ping of 126 bytes', 1002, frame('x'.repeat(126), { opcode: 9 })],
  ['a ping in fragments', 1002, frame('x', { opcode: 9, isFinal: false })],
  ['an unknown opcode', 1002, frame('x', { opcode: 3 })],
  ['an unknown control opcode', 1002, frame('x', { opcode: 11 })],
  ['a continuation of nothing', 1002, frame('x', { opcode: 0 })],
  ['a message inside a message', 1002, Buffer.concat([frame('x', { isFinal: false }), frame('y')])],
  ['text that is no UTF-8', 1007, frame(Buffer.of(0xc3, 0x28))],
  ['a close with half a code', 1002, frame('x', { opcode: 8 })],
  ['a close with a code that is not for the wire', 1002, frame(Buffer.of(0x03, 0xed), { opcode: 8 })],
  ['a close with a reason that is no UTF-8', 1007, frame(Buffer.of(0x03, 0xe8, 0xff), { opcode: 8 })],
  ['a flood of pings', 1008, many(40, frame('', { opcode: 9 }))],
  ['a flood of pongs', 1008, many(40, frame('', { opcode: 10 }))],
  ['a flood of keep-alives', 1008, many(100, frame('\r\n\r\n'))],
]

function fragment(payload = 'x'): Buffer {
  return frame(payload, { opcode: 0, isFinal: false })
}

for (const [name, code, bytes] of faults) {
  t.test(`${name} closes the connection with ${code}`, async t => {
    const target = await openTarget(t)
    const client = await upgraded(t, target)
    client.socket.write(register)
    t.ok(await within(2000, () => target.heard().length === 1), 'what came before was heard')
    // Enough to go over the limit of a message in two frames.
    client.socket.write(code === 1009 ? Buffer.concat([bytes, fragment('xx')]) : bytes)
    client.socket.write(register)
    t.ok(await within(5000, () => client.isClosed()))
    t.equal(closeCode(client), code)
    t.equal(target.heard().length, 1, 'nothing behind it was heard')
    t.ok(await within(1000, () => target.flows() === 0))
  })
}

t.test('what is allowed stays: fragments, control frames between them, every length of a length', async t => {
  const target = await openTarget(t)
  const client = await upgraded(t, target)
  const text = requestText('REGISTER', { via: 'SIP/2.0/WS x.invalid', body: 'x'.repeat(200) })
  client.socket.write(frame(text.slice(0, 10), { isFinal: false }))
  client.socket.write(frame('are you there', { opcode: 9 }))
  client.socket.write(frame(text.slice(10, 20), { opcode: 0, isFinal: false }))
  client.socket.write(frame(text.slice(20), { opcode: 0 }))
  client.socket.write(frame(requestText('REGISTER', { body: 'y'.repeat(60_000) }), { opcode: 2 }))
  t.ok(await within(2000, () => target.heard().length === 2))
  t.match(client.got(), 'are you there')
  t.equal(client.isClosed(), false)
})

t.test('without the bounds the floods go on', async t => {
  const target = await openTarget(t, {
    ws: { maxFragments: 0, maxBufferedChunks: 0, pingsPerSecond: 0, messagesPerSecond: 0 },
    limits: { messageBytes: 1_048_576 },
  })
  for (const bytes of [
    Buffer.concat([frame('x', { isFinal: false }), many(5000, fragment())]),
    // The library itself lets 60 pings wait for their pong, and no more.
    many(40, frame('', { opcode: 9 })),
    many(100, frame('\r\n\r\n')),
    Buffer.concat([frame('x'.repeat(65_535), { isFinal: false }), fragment('xx')]),
  ]) {
    const client = await upgraded(t, target)
    client.socket.write(bytes)
    await passing(200)
    t.equal(client.isClosed(), false, `${bytes.length} bytes, closed with ${closeCode(client)}`)
  }
})

t.test('twenty attackers who hold back the end of a message cost less than a megabyte each', async t => {
  const target = await openTarget(t)
  const agent = await browser(t, target.port('ws'))
  await agent.ask('REGISTER')
  const before = liveBytes()
  const clients = await Promise.all(Array.from({ length: 20 }, () => upgraded(t, target)))
  const cpu = process.cpuUsage()
  const held = Buffer.concat([
    frame('x'.repeat(1000), { isFinal: false }),
    many(60, fragment('x'.repeat(1000))),
  ])
  for (const client of clients) client.socket.write(held)
  await passing(500)
  await agent.ask('REGISTER')
  const { user, system } = process.cpuUsage(cpu)
  const each = (liveBytes() - before) / clients.length
  t.ok(each < 1_000_000, `${Math.round(each)} bytes each`)
  t.ok(user + system < 1e6, `${Math.round((user + system) / 1000)} ms of CPU, with what the attackers needed`)
  t.equal(clients.filter(client => client.isClosed()).length, 0, 'they were still holding')
})
