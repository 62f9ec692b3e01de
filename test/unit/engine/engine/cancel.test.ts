import t from 'tap'
import { enginePair, sdp, type EnginePair } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

const invite = { method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp }

/** Sends an INVITE from a; the id of its transaction. */
function ring({ a }: EnginePair): string {
  const sent = a.engine.request(invite)
  return sent.ok ? sent.transaction : ''
}

t.test(
  'an INVITE that rings is cancelled: 200 to the CANCEL, 487 to the INVITE, and both sides are told',
  async t => {
    const pair = await enginePair()
    const { a, b, deliver, trace, rest } = pair
    const wire = trace()
    const id = ring(pair)
    deliver()
    const { transaction } = b.take('request')
    b.engine.respond(transaction, { status: 180 })
    deliver()
    t.strictSame(a.engine.cancel(id, [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']]), {
      ok: true,
    })
    t.strictSame(a.engine.cancel(id), { ok: true }, 'twice is once')
    deliver()
    const cancelled = b.take('cancel')
    t.equal(cancelled.transaction, transaction)
    t.equal(cancelled.request.headers.get('reason'), 'SIP;cause=200;text="Call completed elsewhere"')
    t.strictSame(b.engine.respond(transaction, { status: 200 }), { ok: false, refusal: 'already-answered' })
    t.equal(a.take('response').response.status, 180)
    t.equal(a.take('response').response.status, 487)
    t.equal(a.left('response'), 0, 'the 200 to the CANCEL is not told')
    t.strictSame(wire, ['a INVITE', 'b 180', 'a CANCEL', 'b 200', 'b 487', 'a ACK'])
    t.strictSame(a.engine.cancel(id), { ok: false, refusal: 'already-answered' })
    rest(t)
    t.strictSame(a.engine.cancel(id), { ok: false, refusal: 'unknown-transaction' })
  },
)

t.test('before any provisional response the CANCEL waits for one', async t => {
  const pair = await enginePair()
  const { a, b, clock, deliver, trace, rest } = pair
  const wire = trace()
  a.engine.cancel(ring(pair))
  deliver()
  t.strictSame(wire, ['a INVITE'])
  clock.advance(200)
  deliver()
  t.strictSame(wire, ['a INVITE', 'b 100', 'a CANCEL', 'b 200', 'b 487', 'a ACK'])
  b.take('cancel')
  rest(t)
})

t.test(
  'an INVITE that is answered instead is acknowledged by the application and ended by the engine',
  async t => {
    const pair = await enginePair()
    const { a, b, deliver, clock, trace, rest } = pair
    const id = ring(pair)
    deliver()
    const { transaction } = b.take('request')
    b.engine.respond(transaction, { status: 180 })
    deliver()
    const wire = trace()
    // The 200 and the CANCEL cross.
    b.engine.respond(transaction, { status: 200, ...sdp })
    a.engine.cancel(id)
    deliver()
    a.take('response')
    const { dialog = '' } = a.take('response')
    t.equal(a.engine.ack(dialog).ok, true)
    t.equal(a.left('dialog-ended'), 0, 'not told before the order has returned')
    clock.advance(20)
    const ended = a.take('dialog-ended')
    t.equal(ended.reason, 'cancel-race')
    t.equal(
      ended.request.headers.get('reason'),
      'SIP ;cause=200 ;text="ACK-BYE due to cancel race condition"',
    )
    t.strictSame(a.engine.request({ method: 'BYE', dialog }), { ok: false, refusal: 'unknown-dialog' })
    t.strictSame(wire.slice(0, 4), ['b 200', 'a CANCEL', 'b 200', 'a ACK'])
    t.ok(wire.includes('a BYE') || wire.includes('b BYE'))
    deliver()
    for (const side of [a, b]) {
      while (side.left('request') > 0) side.engine.respond(side.take('request').transaction, { status: 200 })
    }
    rest(t)
  },
)

t.test('a CANCEL after the answer ends the call, but not before its ACK', async t => {
  const pair = await enginePair()
  const { b, clock, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  pair.deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, tag: 'ours' })
  peer.send(b, rawRequest('CANCEL'))
  pair.deliver()
  t.strictSame(peer.statuses(), [200, 200])
  t.equal(b.left('cancel'), 0)
  t.equal(b.left('dialog-ended'), 0)
  peer.send(b, rawRequest('ACK', { branch: 'z9hG4bKack', toTag: 'ours' }))
  pair.deliver()
  b.take('ack')
  t.equal(b.take('dialog-ended').reason, 'cancelled-after-answer')
  t.equal(peer.got().filter(message => message.kind === 'request' && message.method === 'BYE').length, 1)
  clock.advance(100)
  rest(t)
})

t.test('a CANCEL that fits no INVITE, or comes from somebody else, gets 481', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  const forger = rawPeer(pair, '10.0.0.66')
  peer.send(b, rawRequest('INVITE'))
  deliver()
  const { transaction } = b.take('request')
  peer.send(b, rawRequest('CANCEL', { branch: 'z9hG4bKother' }))
  forger.send(b, rawRequest('CANCEL'))
  deliver()
  t.strictSame(peer.statuses(), [481])
  t.strictSame(forger.statuses(), [481])
  t.equal(b.left('cancel'), 0)
  t.equal(b.engine.respond(transaction, { status: 486 }).ok, true)
  rest(t)
})

t.test('only an INVITE can be cancelled', async t => {
  const { a, b, deliver, rest } = await enginePair()
  const sent = a.engine.request({ method: 'OPTIONS', uri: 'sip:10.0.0.2' })
  t.strictSame(a.engine.cancel(sent.ok ? sent.transaction : ''), { ok: false, refusal: 'not-invite' })
  t.strictSame(a.engine.cancel('nothing'), { ok: false, refusal: 'unknown-transaction' })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('a cancelled INVITE that never ends is given up after 64·T1', async t => {
  const pair = await enginePair()
  const { a, b, clock, deliver, network, rest } = pair
  const id = ring(pair)
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 180 })
  deliver()
  network.drop = () => true
  a.engine.cancel(id)
  clock.advance(33_000)
  t.equal(a.take('response').response.status, 180)
  const last = a.take('response')
  t.equal(last.response.status, 408)
  t.equal(last.source, undefined, 'it was made here')
  b.engine.respond(b.events[0]?.kind === 'request' ? b.events[0].transaction : '', { status: 480 })
  rest(t)
})
