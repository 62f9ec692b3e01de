import t from 'tap'
import { sameMedia, sameOrigin, sameStreams } from '../../../../proxy/call/sdp.ts'

const sdp = [
  'v=0',
  'o=- 7 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 8 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=rtcp:4001',
  'a=ice-ufrag:aaaa',
  'a=ice-pwd:bbbb',
  'a=setup:actpass',
  'a=ssrc:1 cname:x',
  'a=sendrecv',
].join('\r\n')

for (const [name, from, to] of [
  ['address', 'c=IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.9'],
  ['port', 'audio 4000', 'audio 4002'],
  ['RTCP port', 'rtcp:4001', 'rtcp:4003'],
  ['ICE user', 'ice-ufrag:aaaa', 'ice-ufrag:cccc'],
  ['candidates', 'a=ice-pwd:bbbb', 'a=ice-pwd:d\r\na=candidate:1 1 udp 1 192.0.2.1 4000 typ host'],
  ['version', 'o=- 7 1', 'o=- 7 2'],
  ['line ends', /\r\n/g, '\n'],
] as const) {
  t.test(`another ${name} is the same media`, async t => t.ok(sameMedia(sdp, sdp.replace(from, to))))
}

for (const [name, from, to] of [
  ['direction', 'sendrecv', 'sendonly'],
  ['codec', 'RTP/AVP 8', 'RTP/AVP 0'],
  ['profile', 'RTP/AVP', 'RTP/SAVP'],
  ['stream that is switched off', 'audio 4000', 'audio 0'],
  ['second stream', 'a=sendrecv', 'a=sendrecv\r\nm=video 5000 RTP/AVP 96'],
] as const) {
  t.test(`another ${name} is not`, async t => t.notOk(sameMedia(sdp, sdp.replace(from, to))))
}

t.test('two descriptions without media have none in common', async t => {
  t.notOk(sameMedia('v=0', 'v=0'))
})

t.test('the origin line says that nothing changed (RFC 3264 §8)', async t => {
  t.ok(sameOrigin(sdp, sdp.replace('4000', '4002')))
  t.notOk(sameOrigin(sdp, sdp.replace('o=- 7 1', 'o=- 7 2')))
  t.notOk(sameOrigin('v=0', 'v=0'))
})

for (const [name, from, to, same] of [
  ['version', 'o=- 7 1', 'o=- 7 2', true],
  ['order of codecs', 'AVP 8 101', 'AVP 101 8', true],
  ['parameter of a codec', 'a=sendrecv', 'a=fmtp:101 0-16\r\na=sendrecv', true],
  ['port', 'audio 4000', 'audio 4002', false],
  ['address', 'c=IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.9', false],
  ['direction', 'sendrecv', 'sendonly', false],
  ['codec', 'AVP 8', 'AVP 0', false],
  ['codec behind a number', 'telephone-event', 'opus', false],
  ['stream', 'a=sendrecv', 'a=sendrecv\r\nm=video 5000 RTP/AVP 96', false],
] as const) {
  t.test(`another ${name} ${same ? 'leaves the streams as they are' : 'is another stream'}`, async t =>
    t.equal(sameStreams(sdp, sdp.replace(from, to)), same),
  )
}
