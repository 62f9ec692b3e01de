import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { answeredCall, enginePair, hangUp, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

t.test(
  'a copy of a re-INVITE that met one of ours is refused too, even when ours is over by then',
  async t => {
    const pair = await answeredCall()
    const { a, b, network, clock, deliver, dialog, trace, rest } = pair
    // The 491 of b is lost, so the re-INVITE of a comes again when that of b is over.
    network.drop = ({ from, text }) => from === '10.0.0.2' && text.startsWith('SIP/2.0 491')
    a.engine.request({ method: 'INVITE', dialog, ...sdp })
    b.engine.request({ method: 'INVITE', dialog, ...sdp })
    deliver()
    t.equal(b.take('response').response.status, 491)
    network.drop = () => false
    const wire = trace()
    clock.advance(1000)
    t.ok(wire.includes('a INVITE'), 'a copy left')
    t.ok(wire.includes('b 491'))
    t.equal(b.left('request'), 0, 'it is not told')
    hangUpAnyhow(pair, dialog)
    rest(t)
  },
)

t.test(
  'an INVITE by another way is merged also when the first one was refused, but a new attempt is let in',
  async t => {
    const pair = await enginePair()
    const { b, deliver, rest } = pair
    const peer = rawPeer(pair)
    peer.send(b, rawRequest('INVITE', { branch: 'z9hG4bKfirst' }))
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 486 })
    peer.send(b, rawRequest('INVITE', { branch: 'z9hG4bKsecond' }))
    deliver()
    t.strictSame(peer.statuses(), [486, 482])
    peer.send(b, rawRequest('INVITE', { branch: 'z9hG4bKthird', cseq: 2 }))
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 486 })
    deliver()
    rest(t)
  },
)

t.test('a request that overtakes the answer to our INVITE waits for it', async t => {
  const pair = await enginePair()
  const { a, b, network, clock, deliver, rest } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:b@10.0.0.2', ...sdp })
  deliver()
  network.drop = ({ text }) => text.startsWith('SIP/2.0 200')
  const { transaction } = b.take('request')
  const answered = b.engine.respond(transaction, { status: 200, ...sdp })
  const dialog = answered.ok ? (answered.dialog ?? '') : ''
  b.engine.request({ method: 'INFO', dialog })
  deliver()
  t.equal(b.left('response'), 0, 'nobody disowns the call')
  network.drop = () => false
  clock.advance(2000)
  a.engine.ack(a.take('response').dialog ?? '')
  a.engine.respond(a.take('request').transaction, { status: 200 })
  deliver()
  t.equal(b.take('response').response.status, 200)
  b.take('ack')
  hangUpAnyhow(pair, dialog)
  rest(t)
})

t.test('over a connection, where nothing comes again, it is told to come later', async t => {
  const pair = await enginePair()
  const { a, b, network, clock, deliver, rest } = pair
  const { client, server } = network.connect(a.transports, b.transports)
  a.engine.request({ method: 'INVITE', uri: 'sip:b@10.0.0.2', flow: client, ...sdp })
  deliver()
  const { transaction } = b.take('request')
  network.drop = ({ text }) => text.startsWith('SIP/2.0 200')
  const answered = b.engine.respond(transaction, { status: 200, ...sdp })
  network.drop = () => false
  const dialog = answered.ok ? (answered.dialog ?? '') : ''
  b.engine.request({ method: 'INFO', dialog, flow: server })
  deliver()
  const { response } = b.take('response')
  t.equal(response.status, 500)
  t.ok(response.headers.has('Retry-After'))
  clock.advance(1000)
  a.engine.ack(a.take('response').dialog ?? '')
  deliver()
  b.take('ack')
  hangUpAnyhow(pair, dialog)
  rest(t)
})

t.test('calls that are being set up count as dialogs already', async t => {
  const pair = await enginePair({ limits: { dialogs: 2 } })
  const { b, deliver, rest } = pair
  const peer = rawPeer(pair)
  for (const n of [1, 2, 3]) peer.send(b, rawRequest('INVITE', { branch: `z9hG4bK${n}`, callId: `c${n}` }))
  deliver()
  t.strictSame(peer.statuses(), [503])
  t.strictSame(b.engine.request({ method: 'INVITE', uri: 'sip:c@10.0.0.9' }), {
    ok: false,
    refusal: 'overloaded',
  })
  for (const _ of [1, 2]) b.engine.respond(b.take('request').transaction, { status: 486 })
  deliver()
  rest(t)
})

t.test('a broken request that cannot be given back gets no answer, and is no fault of ours', async t => {
  const errors: string[] = []
  const pair = await enginePair({ log: { ...silentLog, error: event => errors.push(event) } })
  const peer = rawPeer(pair)
  const via = 'SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK\0'
  peer.send(pair.b, rawRequest('OPTIONS', { via }))
  pair.deliver()
  t.strictSame(peer.statuses(), [])
  t.strictSame(errors, [])
  pair.rest(t)
})

t.test('our re-INVITE does not outlive the call that the peer has ended', async t => {
  const { a, b, network, clock, deliver, dialog, rest } = await answeredCall()
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 180 })
  deliver()
  network.drop = ({ text }) => text.startsWith('SIP/2.0 487')
  b.engine.request({ method: 'BYE', dialog })
  deliver()
  a.engine.respond(a.take('request').transaction, { status: 200 })
  clock.advance(33_000)
  const statuses = [a.take('response'), a.take('response')].map(({ response }) => response.status)
  t.strictSame(statuses, [180, 408])
  rest(t)
})

/** Ends the call whoever has what open in it. */
function hangUpAnyhow(pair: Parameters<typeof hangUp>[0], dialog: string): void {
  const { a, b, clock } = pair
  for (const { engine } of [a, b]) {
    engine.onEvent(event => {
      if (event.kind === 'request') engine.respond(event.transaction, { status: 200 })
    })
  }
  a.engine.request({ method: 'BYE', dialog })
  clock.advance(100)
}
