import t from 'tap'
import { enginePair, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

const invite = { method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp }

t.test('an INVITE that nobody answers is sent seven times and ends in a 408 of our own', async t => {
  const { a, clock, trace, rest } = await enginePair()
  const wire = trace()
  const sent = a.engine.request({ ...invite, uri: 'sip:nobody@10.0.0.7' })
  clock.advance(31_900)
  t.equal(a.left('response'), 0)
  clock.advance(200)
  const { response, source, transaction } = a.take('response')
  t.equal(response.status, 408)
  t.equal(source, undefined)
  t.equal(transaction, sent.ok && sent.transaction)
  t.strictSame(
    wire,
    Array.from({ length: 7 }, () => 'a INVITE'),
  )
  rest(t)
})

t.test('any other request that nobody answers ends in a 408 too', async t => {
  const { a, clock, trace, rest } = await enginePair()
  const wire = trace()
  a.engine.request({ method: 'OPTIONS', uri: 'sip:10.0.0.7' })
  clock.advance(32_100)
  t.equal(a.take('response').response.status, 408)
  // RFC 3261 §17.1.2.2: 0, 0.5, 1.5, 3.5, 7.5 and then every 4 s.
  t.equal(wire.length, 11)
  rest(t)
})

t.test('100 Trying is sent after 200 ms when the application is silent, and never else', async t => {
  const { a, b, clock, deliver, trace, rest } = await enginePair()
  const wire = trace()
  a.engine.request(invite)
  deliver()
  clock.advance(170)
  t.strictSame(wire, ['a INVITE'])
  clock.advance(30)
  t.strictSame(wire, ['a INVITE', 'b 100'])
  b.engine.respond(b.take('request').transaction, { status: 486 })
  deliver()
  t.equal(a.take('response').response.status, 100)
  t.equal(a.take('response').response.status, 486)
  a.engine.request({ method: 'OPTIONS', uri: 'sip:10.0.0.2' })
  clock.advance(400)
  t.notOk(wire.slice(4).includes('b 100'), 'other requests get none')
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('100 Trying is sent at once when it is asked for', async t => {
  const { a, b, clock, trace, rest } = await enginePair({ limits: { tryingMs: 0 } })
  const wire = trace()
  a.engine.request(invite)
  clock.advance(5)
  t.strictSame(wire, ['a INVITE', 'b 100'])
  b.engine.respond(b.take('request').transaction, { status: 404 })
  rest(t)
})

t.test('a peer that rings is told 480 when our application never answers', async t => {
  const { a, b, clock, rest } = await enginePair({ limits: { answerMs: 20_000 } })
  a.engine.request(invite)
  clock.advance(20_100)
  t.equal(a.take('response').response.status, 100)
  t.equal(a.take('response').response.status, 480)
  t.strictSame(b.engine.respond(b.take('request').transaction, { status: 200 }), {
    ok: false,
    refusal: 'already-answered',
  })
  rest(t)
})

t.test('a call that rings for ever is cancelled from our side', async t => {
  const { a, b, clock, rest, trace, deliver } = await enginePair({ limits: { ringMs: 30_000 } })
  a.engine.request(invite)
  deliver()
  const { transaction } = b.take('request')
  b.engine.respond(transaction, { status: 180 })
  deliver()
  clock.advance(20_000)
  b.engine.respond(transaction, { status: 180 })
  deliver()
  const wire = trace()
  clock.advance(29_900)
  t.strictSame(wire, [])
  clock.advance(200)
  // Each side has had its fill; whoever is first ends it.
  t.ok(wire.includes('a CANCEL') || wire.includes('b 480'))
  rest(t)
})

t.test('a 2xx without ACK is repeated for 32 s, then the call is ended', async t => {
  const pair = await enginePair()
  const { b, clock, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  const answered = b.engine.respond(b.take('request').transaction, { status: 200 })
  clock.advance(31_900)
  t.equal(b.left('dialog-ended'), 0)
  // 0, 0.5, 1.5, 3.5 and then every 4 s.
  t.strictSame(
    peer.statuses(),
    Array.from({ length: 11 }, () => 200),
  )
  clock.advance(200)
  const ended = b.take('dialog-ended')
  t.equal(ended.reason, 'ack-timeout')
  t.equal(ended.dialog, answered.ok && answered.dialog)
  t.equal(ended.request.method, 'BYE')
  t.equal(ended.request.headers.get('reason'), 'SIP ;cause=200 ;text="ACK timeout"')
  rest(t)
})

t.test('a refusal without ACK is repeated over UDP and given up after 32 s', async t => {
  const pair = await enginePair()
  const { b, clock, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 486 })
  clock.advance(40_000)
  t.equal(peer.statuses().length, 11)
  rest(t)
})

t.test('a lost ACK is made good when the 2xx comes again, without telling anybody', async t => {
  const { a, b, clock, deliver, network, trace, rest } = await enginePair()
  a.engine.request(invite)
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  const wire = trace()
  network.drop = ({ text }) => text.startsWith('ACK')
  a.engine.ack(dialog)
  deliver()
  network.drop = () => false
  clock.advance(600)
  t.strictSame(wire, ['a ACK', 'b 200', 'a ACK'])
  t.equal(a.left('response'), 0)
  b.take('ack')
  t.equal(b.left('ack'), 0)
  b.engine.request({ method: 'BYE', dialog })
  deliver()
  a.engine.respond(a.take('request').transaction, { status: 200 })
  rest(t)
})
