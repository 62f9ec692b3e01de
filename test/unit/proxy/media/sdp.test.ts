import { array, assert, constantFrom, oneof, property, string, stringMatching } from 'fast-check'
import t from 'tap'
import { parseSdp, writeSdp } from '../../../../proxy/media/sdp.ts'
import { PorticoError } from '../../../../runtime/errors.ts'
import { webrtcOffer } from '../../../../scripts/load/offer.ts'
import { pcmaOffer } from '../../../support/sip-client.ts'

const plain = pcmaOffer('192.0.2.1', 4000)
const extended = (line: string, times = 1): string => plain + `${line}\r\n`.repeat(times)

t.test('an offer of a browser is read', async t => {
  const { origin, attributes, sections } = parseSdp(webrtcOffer)
  t.strictSame(origin, { id: '4611731400430051336', version: '2', address: '127.0.0.1' })
  t.ok(attributes.includes('group:BUNDLE 0'))
  t.match(sections, [{ media: 'audio', port: 52_431, protocol: 'UDP/TLS/RTP/SAVPF', address: '192.0.2.17' }])
  t.strictSame(sections[0]?.formats, ['111', '63', '9', '0', '8', '13', '110', '126'])
})

t.test('what was read and written again is read the same', async t => {
  for (const text of [webrtcOffer, plain, plain.replaceAll('IP4 192.0.2.1', 'IP6 2001:db8::1')]) {
    t.strictSame(parseSdp(writeSdp(parseSdp(text))), parseSdp(text))
  }
})

t.test('lines may end with LF alone', async t => {
  t.strictSame(parseSdp(plain.replaceAll('\r\n', '\n')), parseSdp(plain))
})

for (const [what, text] of [
  ['nothing', ''],
  ['no v=0', plain.replace('v=0', 'v=1')],
  ['no m= line', plain.replace(/m=[^]*/, '')],
  ['no o= line', plain.replace(/o=.*\r\n/, '')],
  ['an o= line whose numbers are none', plain.replace('o=- 1 1', 'o=- x 1')],
  ['an o= line with endless numbers', plain.replace('o=- 1 1', `o=- ${'1'.repeat(40)} 1`)],
  ['NUL', extended('a=x\0y')],
  ['another control character', extended('a=x\u0007y')],
  ['a bare CR', extended('a=x\ry')],
  ['a line without a type', extended('x')],
  ['a c= line of another network', plain.replace('c=IN IP4', 'c=TN RFC2543')],
  ['a c= line of the wrong family', plain.replace('c=IN IP4', 'c=IN IP6')],
  ['a c= line with a name', plain.replace('c=IN IP4 192.0.2.1', 'c=IN IP4 ms-1.inside')],
  ['a port beyond 65535', plain.replace('4000', '65536')],
  ['a negative port', plain.replace('4000', '-1')],
  ['an m= line without formats', plain.replace('RTP/AVP 8', 'RTP/AVP')],
  ['nine m= lines', extended('m=audio 4000 RTP/AVP 8', 8)],
  ['65 formats', plain.replace('AVP 8', `AVP${' 8'.repeat(65)}`)],
  ['65 candidates', extended('a=candidate:1 1 udp 1 192.0.2.1 4000 typ host', 65)],
  ['513 lines', extended('a=x', 513)],
  ['a line of 1025 bytes', extended(`a=${'x'.repeat(1023)}`)],
  ['more than 16 KiB', extended(`a=${'x'.repeat(1000)}`, 20)],
] as const) {
  t.test(`a description with ${what} is refused by name of the fault`, async t => {
    t.throws(() => parseSdp(text), { code: 'E_MEDIA_SDP', message: /^this SDP cannot be used: ./ })
  })
}

t.test('what is just within the limits is read', async t => {
  t.equal(parseSdp(extended('m=audio 4000 RTP/AVP 8', 7)).sections.length, 8)
  t.ok(parseSdp(extended('a=candidate:1 1 udp 1 192.0.2.1 4000 typ host', 64)))
})

t.test('any text is read or refused, and nothing else happens', async t => {
  const line = oneof(
    constantFrom(...webrtcOffer.split('\r\n')),
    string({ maxLength: 60 }),
    stringMatching(/^[a-z]=.{0,40}$/),
  )
  assert(
    property(array(line, { maxLength: 40 }), lines => {
      try {
        return parseSdp(lines.join('\r\n')).sections.length > 0
      } catch (cause) {
        return cause instanceof PorticoError && cause.code === 'E_MEDIA_SDP'
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})
