import t from 'tap'
import { codecsOf } from '../../../../proxy/media/codecs.ts'
import { rebuiltSdp } from '../../../../proxy/media/sdp-rules.ts'
import { webrtcOffer } from '../../../../scripts/load/offer.ts'
import { pcmaOffer } from '../../../support/sip-client.ts'

const codecs = codecsOf('opus', 'browser')
const browser = { side: 'browser' } as const
const carrier = { side: 'carrier' } as const
const server = { side: 'server' } as const
const plain = pcmaOffer('192.0.2.1', 4000)

t.test('of a browser’s offer stays what media needs', async t => {
  t.strictSame(rebuiltSdp(webrtcOffer, browser, codecs).split('\r\n'), [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 192.0.2.17',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 52431 UDP/TLS/RTP/SAVPF 111 0 8 110 126',
    'c=IN IP4 192.0.2.17',
    'a=rtcp:9',
    'a=candidate:1467250027 1 udp 2122260223 192.0.2.17 52431 typ host',
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y',
    'a=ice-options:trickle',
    'a=fingerprint:sha-256 DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09:4C:1F:6A:9B:22:6E:54:0B:3C:5F:11:D2',
    'a=setup:actpass',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:126 telephone-event/8000',
    '',
  ])
})

for (const [what, from, to] of [
  ['in clear', 'UDP/TLS/RTP/SAVPF', 'RTP/AVP'],
  ['with keys in SDP', 'UDP/TLS/RTP/SAVPF', 'RTP/SAVPF'],
  ['without a fingerprint', /a=fingerprint.*\r\n/, ''],
  ['with a weak fingerprint', 'sha-256 DA', 'md5 DA'],
  ['without ICE', /a=ice-pwd.*\r\n/, ''],
  ['without a role', /a=setup.*\r\n/, ''],
] as const) {
  t.test(`media of a browser ${what} is refused`, async t => {
    t.throws(() => rebuiltSdp(webrtcOffer.replace(from, to), browser, codecs), { code: 'E_MEDIA_SDP' })
  })
}

t.test('keys in SDP stay behind', async t => {
  const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n'
  t.notMatch(rebuiltSdp(webrtcOffer + crypto, browser, codecs), /crypto|inline/)
  t.notMatch(rebuiltSdp(plain + crypto, carrier, codecs), /crypto|inline/)
})

t.test('no address or name that a media server hides anywhere gets through', async t => {
  const hostile = [
    'v=0',
    'o=root@ms-1.inside 1 1 IN IP4 10.9.8.7',
    's=on ms-1.inside 10.9.8.7',
    'i=10.9.8.7',
    'u=http://10.9.8.7/',
    'e=root@10.9.8.7',
    'c=IN IP4 192.0.2.1',
    'b=X-10.9.8.7:1',
    't=0 0',
    'k=clear:10.9.8.7',
    'a=tool:10.9.8.7',
    'a=x-host:10.9.8.7',
    'a=group:BUNDLE 10.9.8.7',
    'm=audio 4000 RTP/AVP 8 97 98',
    'i=10.9.8.7',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:97 x10.9.8.7/8000',
    'a=rtpmap:98 opus/48000/2',
    'a=fmtp:98 useinbandfec=1;host=10.9.8.7',
    'a=rtcp:4001 IN IP4 10.9.8.7',
    'a=label:10.9.8.7',
    'a=ssrc:1 cname:root@10.9.8.7',
    'a=mid:10.9.8.7',
    'a=ice-ufrag:10.9.8.7',
    'a=extmap:1 http://10.9.8.7/x',
    'a=candidate:1 1 udp 1 192.0.2.1 4000 typ srflx raddr 10.9.8.7 rport 1 network 10.9.8.7',
    '',
  ].join('\r\n')
  const rebuilt = rebuiltSdp(hostile, server, codecs)
  t.match(rebuilt, /^m=audio 4000 RTP\/AVP 8 98\r$/m)
  t.notMatch(rebuilt.replace(/a=candidate.*/, ''), /10\.9\.8\.7|ms-1/)
  t.match(rebuilt, /typ srflx raddr 10\.9\.8\.7 rport 1\r$/m, 'candidates end at the anchor, with ICE')
})

t.test('what is no audio stays as a rejected section, so that the count is right', async t => {
  const text = `${plain}m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`
  const rebuilt = rebuiltSdp(text, carrier, codecs)
  t.match(rebuilt, /m=video 0 RTP\/AVP 96\r\nm=application 0 UDP\/DTLS\/SCTP 0\r\n$/)
  t.notMatch(rebuilt, /H264/)
})

t.test('a description without a codec that is spoken here is refused', async t => {
  const g729 = plain.replace('AVP 8', 'AVP 18').replace('8 PCMA', '18 G729')
  t.throws(() => rebuiltSdp(g729, carrier, codecs), { code: 'E_MEDIA_SDP', message: /codec/ })
  const opus = plain.replace('AVP 8', 'AVP 96').replace('8 PCMA/8000', '96 opus/48000/2')
  t.ok(rebuiltSdp(opus, carrier, codecs))
  t.throws(() => rebuiltSdp(opus, carrier, codecsOf('g711', 'carrier')), { code: 'E_MEDIA_SDP' })
})

t.test('a payload type that is none is no codec', async t => {
  t.match(rebuiltSdp(plain.replace('AVP 8', 'AVP 8 128 1e1 -1'), carrier, codecs), /RTP\/AVP 8\r/)
})

t.test('from outside nobody points media at the inside', async t => {
  const outside = { ...carrier, source: '198.51.100.7' }
  for (const inner of ['10.0.0.11', '192.168.1.1', '127.0.0.1', '169.254.169.254', '100.64.0.1']) {
    t.match(
      rebuiltSdp(plain.replaceAll('192.0.2.1', inner), outside, codecs),
      /c=IN IP4 198\.51\.100\.7/,
      `${inner} is taken for a peer behind NAT`,
    )
  }
  for (const nobody of ['224.0.0.1', '255.255.255.255', '0.1.2.3']) {
    t.throws(() => rebuiltSdp(plain.replaceAll('192.0.2.1', nobody), carrier, codecs), {
      code: 'E_MEDIA_SDP',
    })
  }
  t.match(
    rebuiltSdp(plain.replaceAll('192.0.2.1', '10.0.0.11'), { ...carrier, source: '10.0.0.5' }, codecs),
    /10\.0\.0\.11/,
  )
  t.match(
    rebuiltSdp(plain.replaceAll('192.0.2.1', '0.0.0.0'), outside, codecs),
    /c=IN IP4 0\.0\.0\.0/,
    'hold as of old',
  )
})

const line = (candidate: string): string => `a=candidate:9 1 ${candidate}\r\n`

t.test('candidates over TCP, by name or nearer than the browser itself stay behind', async t => {
  const text =
    webrtcOffer +
    line('tcp 1 192.0.2.17 9 typ host tcptype active') +
    line('udp 1 5f2a.local 5000 typ host') +
    line('udp 1 10.0.0.11 5000 typ host') +
    line('udp 1 239.1.1.1 5000 typ host') +
    line('udp 1 203.0.113.9 5000 typ srflx raddr 192.168.1.7 rport 5001')
  const kept = rebuiltSdp(text, { ...browser, source: '203.0.113.9' }, codecs).match(/^a=candidate.*(?=\r)/gm)
  t.strictSame(kept, [
    'a=candidate:1467250027 1 udp 2122260223 192.0.2.17 52431 typ host',
    'a=candidate:9 1 udp 1 203.0.113.9 5000 typ srflx raddr 192.168.1.7 rport 5001',
  ])
})
