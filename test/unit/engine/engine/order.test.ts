import t from 'tap'
import type { RequestParts, ResponseParts } from '../../../../engine/api.ts'
import { enginePair, sdp } from '../../../support/engine-pair.ts'

const refused: readonly [name: string, parts: RequestParts, refusal: string][] = [
  ['no Request-URI', { method: 'OPTIONS' }, 'invalid-uri'],
  ['a broken Request-URI', { method: 'OPTIONS', uri: 'sip:a b' }, 'invalid-uri'],
  ['a Request-URI that names no host', { method: 'OPTIONS', uri: 'tel:+49301234' }, 'invalid-uri'],
  ['a transport that nobody knows', { method: 'OPTIONS', uri: 'sip:a;transport=sctp' }, 'invalid-uri'],
  ['a transport without a listener', { method: 'OPTIONS', uri: 'sip:10.0.0.2;transport=tcp' }, 'no-listener'],
  [
    'a listener that does not exist',
    { method: 'OPTIONS', uri: 'sip:10.0.0.2', listener: 'no' },
    'no-listener',
  ],
  ['a connection that is gone', { method: 'OPTIONS', uri: 'sip:10.0.0.2', flow: 'no' }, 'flow-closed'],
  ['an unknown dialog', { method: 'BYE', dialog: 'no' }, 'unknown-dialog'],
  ['an ACK, which has an order of its own', { method: 'ACK', uri: 'sip:10.0.0.2' }, 'not-invite'],
  ['a CANCEL, which has an order of its own', { method: 'CANCEL', uri: 'sip:10.0.0.2' }, 'not-invite'],
  ['a body without its type', { method: 'INFO', uri: 'sip:10.0.0.2', body: 'x' }, 'missing-content-type'],
  [
    'a line break in a header',
    { method: 'INFO', uri: 'sip:10.0.0.2', headers: [['X-A', 'a\r\nX-B: b']] },
    'invalid-header',
  ],
  [
    'a broken header name',
    { method: 'INFO', uri: 'sip:10.0.0.2', headers: [['X A', 'a']] },
    'invalid-header',
  ],
  ['a broken From', { method: 'INFO', uri: 'sip:10.0.0.2', headers: [['From', '<sip:']] }, 'invalid-header'],
  [
    'a CSeq of another method',
    { method: 'INFO', uri: 'sip:10.0.0.2', headers: [['CSeq', '1 BYE']] },
    'invalid-header',
  ],
]

for (const [name, parts, refusal] of refused) {
  t.test(`a request with ${name} is refused without any effect`, async t => {
    const { a, rest, trace } = await enginePair()
    const wire = trace()
    t.strictSame(a.engine.request(parts), { ok: false, refusal })
    t.equal(a.engine.stats().transactions, 0)
    rest(t)
    t.strictSame([wire, a.events], [[], []])
  })
}

const responses: readonly [name: string, parts: ResponseParts, refusal: string][] = [
  ['a body without its type', { status: 200, body: 'v=0' }, 'missing-content-type'],
  ['a line break in a header', { status: 200, headers: [['X-A', 'a\nb']] }, 'invalid-header'],
  ['a line break in the reason', { status: 200, reason: 'a\r\nb' }, 'invalid-header'],
  ['a status that is none', { status: 42 }, 'invalid-header'],
  ['a tag that is no token', { status: 200, tag: 'a;b' }, 'invalid-header'],
]

for (const [name, parts, refusal] of responses) {
  t.test(`a response with ${name} is refused, and another one may follow`, async t => {
    const { a, b, deliver, rest } = await enginePair()
    a.engine.request({ method: 'MESSAGE', uri: 'sip:10.0.0.2' })
    deliver()
    const { transaction } = b.take('request')
    t.strictSame(b.engine.respond(transaction, parts), { ok: false, refusal })
    t.equal(b.engine.respond(transaction, { status: 202, tag: 'mine' }).ok, true)
    t.strictSame(b.engine.respond(transaction, { status: 200 }), { ok: false, refusal: 'already-answered' })
    deliver()
    t.match(a.take('response').response.headers.get('to'), /;tag=mine$/)
    rest(t)
  })
}

t.test('a next hop goes before the Request-URI, and a given Route before it too', async t => {
  const { a, b, deliver, rest } = await enginePair()
  const uri = 'sip:far@far.example'
  a.engine.request({ method: 'OPTIONS', uri, nextHop: 'sip:10.0.0.2:5060;transport=udp' })
  a.engine.request({ method: 'OPTIONS', uri, headers: [['Route', '<sip:10.0.0.2;lr>']] })
  deliver()
  for (const route of [undefined, '<sip:10.0.0.2;lr>']) {
    const { request, transaction } = b.take('request')
    t.equal(request.uri, uri)
    t.equal(request.headers.get('route'), route)
    b.engine.respond(transaction, { status: 200 })
  }
  rest(t)
})

t.test('an ACK needs a 2xx that waits for it', async t => {
  const { a, b, deliver, rest } = await enginePair()
  t.strictSame(a.engine.ack('no'), { ok: false, refusal: 'unknown-dialog' })
  const sent = a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  const acked = a.engine.ack(dialog)
  t.equal(acked.ok && acked.transaction, sent.ok && sent.transaction)
  t.strictSame(a.engine.ack(dialog), { ok: false, refusal: 'unknown-transaction' })
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})
