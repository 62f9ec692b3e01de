import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { createHepCapture, encodeHep } from '../../../../engine/observe/hep.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** Chunks by type, read by the format's description alone. */
function decode(packet: Buffer): ReadonlyMap<number, Buffer> {
  if (packet.toString('latin1', 0, 4) !== 'HEP3') throw new Error('not HEP3')
  if (packet.readUInt16BE(4) !== packet.length) throw new Error('the length is wrong')
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at < packet.length;) {
    if (packet.readUInt16BE(at) !== 0) throw new Error('another vendor')
    const length = packet.readUInt16BE(at + 4)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + length))
    at += length
  }
  return chunks
}

function hex(chunks: ReadonlyMap<number, Buffer>, type: number): string | undefined {
  return chunks.get(type)?.toString('hex')
}

const payload = Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n')
const packet = {
  source: { host: '192.0.2.1', port: 5060 },
  destination: { host: '198.51.100.255', port: 5070 },
  transport: 'udp',
  at: 1_700_000_000_123,
  captureId: 2001,
  payload,
} as const

t.test('a packet has the chunks of the format', async t => {
  const chunks = decode(encodeHep({ ...packet, password: 'hush' }))
  t.equal(hex(chunks, 1), '02', 'IPv4')
  t.equal(hex(chunks, 2), '11', 'UDP')
  t.equal(hex(chunks, 3), 'c0000201')
  t.equal(hex(chunks, 4), 'c63364ff')
  t.equal(chunks.get(7)?.readUInt16BE(), 5060)
  t.equal(chunks.get(8)?.readUInt16BE(), 5070)
  t.equal(chunks.get(9)?.readUInt32BE(), 1_700_000_000)
  t.equal(chunks.get(10)?.readUInt32BE(), 123_000)
  t.equal(hex(chunks, 11), '01', 'SIP')
  t.equal(chunks.get(12)?.readUInt32BE(), 2001)
  t.equal(String(chunks.get(14)), 'hush')
  t.strictSame(chunks.get(15), payload)
})

const addresses: readonly [host: string, bytes: string][] = [
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::ff:1', '20010db8000000000000000000ff0001'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['192.0.2.1', '00000000000000000000ffffc0000201'],
]

for (const [host, bytes] of addresses) {
  t.test(`the IPv6 address ${host}`, async t => {
    const destination = { host: '::', port: 1 }
    const chunks = decode(encodeHep({ ...packet, transport: 'tls', source: { host, port: 1 }, destination }))
    t.equal(hex(chunks, 1), '0a')
    t.equal(hex(chunks, 2), '06', 'TCP')
    t.equal(hex(chunks, 5), bytes)
    t.equal(hex(chunks, 6), '0'.repeat(32))
    t.equal(chunks.has(3), false)
  })
}

t.test('messages go to the capture server, in both directions', async t => {
  const server = createSocket('udp4').bind(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address()
  const capture = createHepCapture({ host: '127.0.0.1', port, captureId: 7 }, new ManualClock(), silentLog)
  t.teardown(() => capture.stop())
  const ends = { local: { host: '127.0.0.1', port: 1 }, peer: { host: '127.0.0.2', port: 2 } }
  const message = (): Promise<Buffer> => new Promise(resolve => server.once('message', resolve))
  const got = message()
  capture.tap({ direction: 'in', bytes: payload, transport: 'udp', ...ends })
  t.equal(hex(decode(await got), 3), '7f000002')
  const next = message()
  capture.tap({ direction: 'out', bytes: payload, transport: 'udp', ...ends })
  t.equal(hex(decode(await next), 3), '7f000001')
})
