import t from 'tap'
import { hiding, outwardSdp } from '../../../../proxy/media/outward.ts'
import { directMedia } from '../../../../proxy/media/direct.ts'

const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n')

const needed = [
  'v=0',
  'o=- 1 2 IN IP4 203.0.113.10',
  's=-',
  'c=IN IP4 203.0.113.10',
  't=0 0',
  'm=audio 30000 UDP/TLS/RTP/SAVPF 111 8 101',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtcp-fb:111 transport-cc',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=mid:0',
  'a=group:BUNDLE 0',
  'a=ptime:20',
  'a=sendrecv',
  'a=candidate:1 1 UDP 2130706431 203.0.113.10 30000 typ host',
  'a=end-of-candidates',
  'a=fingerprint:sha-256 AA:BB:CC',
  'a=setup:passive',
  'a=ice-ufrag:abc',
  'a=ice-pwd:def',
  'a=rtcp-mux',
  'a=rtcp:30000',
]

t.test('what media needs stays as it is', async t => t.equal(outwardSdp(sdp(...needed)), sdp(...needed)))

for (const line of [
  'i=on 127.0.1.1',
  'u=http://127.0.1.1/',
  'e=root@asterisk.inside',
  'a=x-server:127.0.1.1',
  'a=tool:Asterisk PBX',
  'a=ssrc:1 cname:root@127.0.1.1',
  'a=msid:127.0.1.1 a0',
  'a=mid:127.0.1.1',
  'a=fmtp:8 via=127.0.1.1',
  'a=fmtp:8 via=[fd00::1]',
  'a=extmap:1 http://10.0.0.5/ext',
  'z=0 0',
  'nonsense',
])
  t.test(`${line} does not`, async t => t.equal(outwardSdp(sdp('v=0', line, 't=0 0')), sdp('v=0', 't=0 0')))

t.test('the name of a session is nobody’s business', async t => {
  t.equal(outwardSdp(sdp('s=Asterisk on 127.0.1.1')), sdp('s=-'))
})

t.test('agents and carriers get it that way, media servers as it is', async t => {
  const media = hiding(directMedia)
  const server = { tag: 'b', side: 'server' } as const
  const text = sdp('v=0', 'a=tool:x')
  for (const side of ['browser', 'carrier'] as const) {
    const party = { tag: 'a', side }
    t.equal(await media.answer({ call: 'c', from: server, to: party, sdp: text }), sdp('v=0'))
    t.equal(await media.invite({ call: 'c', from: server, to: party, sdp: text }), sdp('v=0'))
    t.equal(await media.offer({ call: 'c', from: party, to: server, sdp: text }), text)
  }
})
