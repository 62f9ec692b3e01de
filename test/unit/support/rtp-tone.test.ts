import t from 'tap'
import { decodeAlaw, encodeAlaw } from '../../support/g711.ts'
import { payloadOf, rtpRate, tonePacket } from '../../support/rtp-tone.ts'
import { toneLevel } from '../../support/tone.ts'

t.test('every octet of A-law comes back as it was', async t => {
  const octets = Array.from({ length: 256 }, (_, octet) => octet)
  t.strictSame(
    octets.map(octet => encodeAlaw(decodeAlaw(octet))),
    octets,
  )
})

t.test('known values of G.711', async t => {
  t.equal(encodeAlaw(0), 0xd5)
  t.equal(encodeAlaw(1), 0xaa)
  t.equal(encodeAlaw(-1), 0x2a)
})

function stream(hz: number): number[] {
  return Array.from({ length: 50 }, (_, sequence) =>
    tonePacket({ sequence, at: sequence * 160, ssrc: 1, hz }),
  ).flatMap(packet => [...payloadOf(packet)])
}

t.test('a second of packets holds the tone and no other', async t => {
  const samples = stream(1004)
  t.equal(samples.length, rtpRate)
  t.ok(Math.abs(toneLevel(samples, rtpRate, 1004) - 0.4) < 0.01)
  t.ok(toneLevel(samples, rtpRate, 440) < 0.005)
})

t.test('a second of silence holds no tone', async t => {
  t.ok(toneLevel(stream(0), rtpRate, 1004) < 0.001)
})

t.test('the head counts packets and samples', async t => {
  const packet = tonePacket({ sequence: 65_537, at: 160, ssrc: 0x01020304, hz: 440 })
  t.equal(packet.subarray(0, 12).toString('hex'), '80080001000000a001020304')
})

t.test('what is no PCMA is heard as nothing', async t => {
  const packet = tonePacket({ sequence: 1, at: 160, ssrc: 1, hz: 440 })
  packet[1] = 0
  t.equal(payloadOf(packet).length, 0)
  t.equal(payloadOf(Buffer.from('no RTP')).length, 0)
})
