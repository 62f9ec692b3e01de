import t from 'tap'
import { towardsBrowser, towardsServer } from '../../../../../proxy/edge/drachtio/relay-via.ts'

const text = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`)
const face = 'SIP/2.0/WSS door.example.com:8443'

t.test(
  'a request shows the browser the public endpoint, and the answer shows the server its own',
  async t => {
    const request = text(
      'OPTIONS sip:a@x.invalid SIP/2.0',
      'Via: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bK1;rport',
      'To: x',
    )
    const { message, sentBy } = towardsBrowser(request, face)
    t.equal(
      message.toString(),
      text(
        'OPTIONS sip:a@x.invalid SIP/2.0',
        'Via: SIP/2.0/WSS door.example.com:8443;branch=z9hG4bK1;rport',
        'To: x',
      ).toString(),
    )
    t.equal(sentBy, 'SIP/2.0/WS 127.0.0.1:8088')
    const answer = text(
      'SIP/2.0 200 OK',
      'v: SIP/2.0/WSS door.example.com:8443;branch=z9hG4bK1;rport',
      'To: x',
    )
    t.equal(
      towardsServer(answer, sentBy).toString(),
      text('SIP/2.0 200 OK', 'v: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bK1;rport', 'To: x').toString(),
    )
  },
)

t.test('a response does not tell the browser where the server saw it', async t => {
  const response = text(
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/WSS x.invalid;branch=z9hG4bK1;received=127.0.0.1;rport=40123',
    'Contact: <sip:a@x.invalid>;received=kept',
  )
  const { message, sentBy } = towardsBrowser(response, face)
  t.equal(
    message.toString(),
    text(
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/WSS x.invalid;branch=z9hG4bK1;rport',
      'Contact: <sip:a@x.invalid>;received=kept',
    ).toString(),
  )
  t.equal(sentBy, undefined)
})

t.test('only the top Via of a list is changed', async t => {
  const request = text(
    'BYE sip:a SIP/2.0',
    'Via: SIP/2.0/WS 127.0.0.1:8088;branch=1, SIP/2.0/UDP 10.0.0.1;branch=2',
  )
  t.match(
    towardsBrowser(request, face).message.toString(),
    'Via: SIP/2.0/WSS door.example.com:8443;branch=1, SIP/2.0/UDP 10.0.0.1;branch=2\r\n',
  )
})

t.test('a request of the browser, and an answer to nobody, pass untouched', async t => {
  const request = text('REGISTER sip:x SIP/2.0', 'Via: SIP/2.0/WSS y.invalid;branch=1')
  t.equal(towardsServer(request, 'SIP/2.0/WS 127.0.0.1:8088'), request)
  const answer = text('SIP/2.0 200 OK', 'Via: SIP/2.0/WSS door:1;branch=1')
  t.equal(towardsServer(answer, undefined), answer)
})

t.test('a Via in the body, and bytes that are no text, are not touched', async t => {
  const body = Buffer.from([0x0d, 0x0a, 0xff, 0xfe, 0x80])
  const message = Buffer.concat([
    text('MESSAGE sip:a SIP/2.0', 'Via: SIP/2.0/WS 127.0.0.1:8088;branch=1'),
    body,
  ])
  const changed = towardsBrowser(message, face).message
  t.strictSame(changed.subarray(-body.length), body)
  const none = Buffer.from('MESSAGE sip:a SIP/2.0\r\nTo: x\r\n\r\n\r\nVia: SIP/2.0/WS 127.0.0.1:8088')
  t.equal(towardsBrowser(none, face).message, none)
})
