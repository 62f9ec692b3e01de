// S12: a description that is beyond a limit, or that sends media in clear from a browser, goes no further than the door. What the
// rules keep is in test/unit/proxy/media; here is that nothing reaches rtpengine before they were applied, and what they cost.
import t, { type Test } from 'tap'
import { Headers } from '../../../engine/message/headers.ts'
import { newCall } from '../../../proxy/call/new-call.ts'
import { mediaParty } from '../../../proxy/call/parties.ts'
import { directMedia } from '../../../proxy/media/direct.ts'
import { NgClient } from '../../../proxy/media/ng.ts'
import { RtpengineMedia } from '../../../proxy/media/rtpengine.ts'
import { parseSdp } from '../../../proxy/media/sdp.ts'
import type { MediaParty } from '../../../proxy/ports.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { webrtcOffer } from '../../../scripts/load/offer.ts'
import { fakeRtpengine } from '../../support/fake-rtpengine.ts'
import { pcmaOffer } from '../../support/sip-client.ts'

const browser: MediaParty = { tag: 'a', side: 'browser' }
const carrier: MediaParty = { tag: 'c', side: 'carrier' }
const server: MediaParty = { tag: 'b', side: 'server' }
const plain = pcmaOffer('192.0.2.1', 4000)

async function anchor(t: Test) {
  const node = await fakeRtpengine()
  const client = new NgClient({ url: node.url, timeoutMs: 1000, clock: systemClock })
  const media = new RtpengineMedia({ clients: [client], clock: systemClock, log: silentLog })
  await media.start()
  t.teardown(async () => {
    await media.stop()
    await node.close()
  })
  return { media, asked: () => node.orders.filter(({ command }) => command !== 'ping') }
}

const limits = { calls: 1, attempts: 1, tryMs: 1, ringMs: 1, flowGraceMs: 1, holdMs: 1, anchored: true }
const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\r\n'

for (const [what, from, sdp] of [
  ['10,000 candidates', browser, webrtcOffer + candidate.repeat(10_000)],
  ['65 candidates', browser, webrtcOffer + candidate.repeat(65)],
  ['9 m= lines', carrier, plain + 'm=audio 4000 RTP/AVP 8\r\n'.repeat(8)],
  ['NUL', carrier, `${plain}a=x\0\r\n`],
  ['a port beyond the range', carrier, plain.replace('4000', '70000')],
  ['media in clear from a browser', browser, plain],
  ['media towards a multicast group', carrier, plain.replaceAll('192.0.2.1', '224.0.0.1')],
] as const) {
  t.test(`${what}: nothing reaches rtpengine, neither as an offer nor as an answer`, async t => {
    const { media, asked } = await anchor(t)
    await t.rejects(media.invite({ call: 'c', from, to: server, sdp }), { code: 'E_MEDIA_SDP' })
    await media.invite({ call: 'd', from: server, to: from, sdp: plain })
    await t.rejects(media.answer({ call: 'd', from, to: server, sdp }), { code: 'E_MEDIA_SDP' })
    t.equal(asked().length, 1)
  })
}

t.test('a caller from outside cannot have media sent to an address of the inside', async t => {
  const { media, asked } = await anchor(t)
  const sdp = plain.replaceAll('192.0.2.1', '10.0.0.11')
  const event = {
    kind: 'request',
    transaction: 't1',
    dialogToBe: 'd;from-tag=x',
    request: {
      kind: 'request',
      method: 'INVITE',
      uri: 'sip:1@d',
      headers: new Headers([['Content-Type', 'application/sdp']]),
      body: Buffer.from(sdp),
    },
    origin: { transport: 'udp', address: '198.51.100.7', port: 5060 },
  } as const
  const made = newCall(event, { kind: 'agent', agent: '1001', flow: 'f' }, limits, 'portico.test')
  if (made.kind !== 'made') throw new Error(`refused: ${made.status}`)
  const call = { ...made.call, aSide: 'carrier' } as const
  await media.invite({ call: 'c', from: mediaParty(call, 'a', 'a'), to: server, sdp })
  const told = JSON.stringify(asked())
  t.match(told, /198\.51\.100\.7/, 'it goes to where the call came from')
  t.notMatch(told, /10\.0\.0\.11/)
})

t.test('without an anchor the limits hold as well', async t => {
  for (const sdp of [plain + candidate.repeat(65), `${plain}a=x\0\r\n`]) {
    await t.rejects(directMedia.invite({ call: 'c', from: carrier, to: server, sdp }), {
      code: 'E_MEDIA_SDP',
    })
  }
})

t.test('the time to read a description grows with its length and no faster', async t => {
  for (const line of ['a=x', 'a=candidate:1 1 udp 1 192.0.2.1 4000 typ host', `a=fmtp:8 ${';'.repeat(90)}`]) {
    const [small, large] = [40, 320].map(lines => cost(plain + `${line}\r\n`.repeat(Math.min(lines, 480))))
    t.ok((large ?? 0) < (small ?? 0) * 8 * 4, `${line.slice(0, 12)}: ${small} → ${large} µs`)
  }
})

/** Microseconds to read it, the least of many times; a refusal counts as reading. */
function cost(sdp: string): number {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 200; turn += 1) {
    const began = performance.now()
    try {
      parseSdp(sdp)
    } catch {
      // Refused: that is what it cost.
    }
    least = Math.min(least, performance.now() - began)
  }
  return Math.round(least * 1000)
}
