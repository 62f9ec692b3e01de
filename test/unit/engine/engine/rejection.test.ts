import t from 'tap'
import { answeredCall, enginePair, hangUp, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

const rejected: readonly [name: string, lines: string[], status: number][] = [
  ...['INVITE', 'BYE', 'INFO', 'UPDATE', 'MESSAGE', 'OPTIONS', 'NOTIFY', 'REFER', 'PRACK', 'WHATEVER'].map(
    (method): [string, string[], number] => [
      `${method} with a To tag that we do not know`,
      rawRequest(method, { toTag: 'gone' }),
      481,
    ],
  ),
  ['a CANCEL without its INVITE', rawRequest('CANCEL'), 481],
  ['a request that has made too many hops', rawRequest('OPTIONS', { more: ['Max-Forwards: 0'] }), 483],
  ['another version of SIP', ['OPTIONS sip:b@10.0.0.2 SIP/7.0', ...rawRequest('OPTIONS').slice(1)], 505],
  ['a CSeq of another method', [...rawRequest('OPTIONS').slice(0, 5), 'CSeq: 1 INVITE'], 400],
  ['an INVITE without Contact', rawRequest('INVITE').slice(0, 6), 400],
]

for (const [name, lines, status] of rejected) {
  t.test(`${name} gets ${status} and is neither told nor kept`, async t => {
    const pair = await enginePair()
    const peer = rawPeer(pair)
    peer.send(pair.b, lines)
    pair.deliver()
    t.strictSame(peer.statuses(), [status])
    t.match(peer.got()[0]?.headers.get('to'), /;tag=/)
    t.strictSame(pair.b.events, [])
    t.equal(pair.b.engine.stats().transactions, 0)
    pair.rest(t)
  })
}

const dropped: readonly [name: string, lines: string[]][] = [
  ['an ACK that fits nothing', rawRequest('ACK', { toTag: 'gone' })],
  ['a malformed ACK', ['ACK sip:b@10.0.0.2 SIP/2.0', 'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx']],
  ['a request without Via', ['OPTIONS sip:b@10.0.0.2 SIP/2.0', 'Call-ID: x']],
  ['noise', ['hello']],
  ['a response to nothing', ['SIP/2.0 200 OK', ...rawRequest('OPTIONS').slice(1)]],
]

for (const [name, lines] of dropped) {
  t.test(`${name} is dropped without a word`, async t => {
    const pair = await enginePair()
    const peer = rawPeer(pair)
    peer.send(pair.b, lines)
    pair.deliver()
    t.strictSame(peer.got(), [])
    t.strictSame(pair.b.events, [])
    pair.rest(t)
  })
}

t.test('a request that comes again is told once and answered with the same response', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  for (let copies = 0; copies < 3; copies++) peer.send(b, rawRequest('OPTIONS'))
  deliver()
  const { transaction } = b.take('request')
  t.equal(b.left('request'), 0)
  b.engine.respond(transaction, { status: 200 })
  peer.send(b, rawRequest('OPTIONS'))
  deliver()
  t.equal(peer.got().length, 2)
  t.strictSame(peer.got()[0]?.headers.lines, peer.got()[1]?.headers.lines)
  rest(t)
})

t.test('a peer of RFC 2543 is understood: INVITE, copy, CANCEL and ACK without a branch', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  const via = 'SIP/2.0/UDP 10.0.0.9:5060'
  peer.send(b, rawRequest('INVITE', { via }))
  peer.send(b, rawRequest('INVITE', { via }))
  deliver()
  b.take('request')
  t.equal(b.left('request'), 0)
  peer.send(b, rawRequest('CANCEL', { via }))
  deliver()
  b.take('cancel')
  t.strictSame(peer.statuses(), [200, 487])
  peer.send(b, rawRequest('ACK', { via, toTag: 'any' }))
  deliver()
  pair.clock.advance(5100)
  t.equal(b.engine.stats().transactions, 0, 'the ACK was taken')
  rest(t)
})

t.test('the same call on another way gets 482', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  peer.send(b, rawRequest('INVITE', { branch: 'z9hG4bKother' }))
  deliver()
  t.strictSame(peer.statuses(), [482])
  b.engine.respond(b.take('request').transaction, { status: 486 })
  peer.send(b, rawRequest('ACK', { toTag: 'x' }))
  peer.send(b, rawRequest('INVITE', { branch: 'z9hG4bKthird', cseq: 2 }))
  deliver()
  t.equal(b.left('request'), 1, 'after a refusal the same call may try again, e.g. with credentials')
  b.engine.respond(b.take('request').transaction, { status: 486 })
  rest(t)
})

t.test('a call of ours that comes back to us gets 482', async t => {
  const { a, b, deliver, rest } = await enginePair()
  const sent = a.engine.request({ method: 'INVITE', uri: 'sip:a@10.0.0.1' })
  t.equal(sent.ok, true)
  deliver()
  t.equal(a.take('response').response.status, 482)
  t.equal(a.left('request') + b.left('request'), 0)
  rest(t)
})

t.test('a lower CSeq than before in a dialog gets 500', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE', { cseq: 5 }))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, tag: 'ours' })
  peer.send(b, rawRequest('ACK', { cseq: 5, branch: 'z9hG4bKa', toTag: 'ours' }))
  peer.send(b, rawRequest('INFO', { cseq: 4, branch: 'z9hG4bKb', toTag: 'ours' }))
  deliver()
  t.strictSame(peer.statuses(), [200, 500])
  t.equal(b.left('request'), 0)
  peer.send(b, rawRequest('BYE', { cseq: 6, branch: 'z9hG4bKc', toTag: 'ours' }))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('a second INVITE of the peer while the first is open gets 500 with Retry-After', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  const { transaction } = b.take('request')
  b.engine.respond(transaction, { status: 183, tag: 'ours' })
  peer.send(b, rawRequest('INVITE', { cseq: 2, branch: 'z9hG4bKb', toTag: 'ours' }))
  deliver()
  t.strictSame(peer.statuses(), [183, 500])
  t.match(peer.got()[1]?.headers.get('retry-after'), /^\d+$/)
  b.engine.respond(transaction, { status: 486 })
  rest(t)
})

t.test('two re-INVITEs that meet both get 491', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  b.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  t.equal(a.take('response').response.status, 491)
  t.equal(b.take('response').response.status, 491)
  t.equal(a.left('request') + b.left('request'), 0)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a re-INVITE of ours while another one is open ends in 491 without being sent', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, trace, rest } = pair
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  const wire = trace()
  t.equal(a.engine.request({ method: 'INVITE', dialog, ...sdp }).ok, true)
  t.equal(a.left('response'), 0)
  deliver()
  t.equal(a.take('response').response.status, 491)
  t.strictSame(wire, [])
  b.engine.respond(b.take('request').transaction, { status: 488 })
  deliver()
  t.equal(a.take('response').response.status, 488)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a BYE while the INVITE is open ends both', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  const { transaction } = b.take('request')
  b.engine.respond(transaction, { status: 180, tag: 'ours' })
  peer.send(b, rawRequest('BYE', { cseq: 2, branch: 'z9hG4bKb', toTag: 'ours' }))
  deliver()
  t.strictSame(peer.statuses(), [180, 487])
  b.engine.respond(b.take('request').transaction, { status: 200 })
  t.strictSame(b.engine.respond(transaction, { status: 200 }), { ok: false, refusal: 'already-answered' })
  rest(t)
})
