import t from 'tap'
import { answeredCall, enginePair, hangUp, sdp } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

t.test('a re-INVITE of the peer can be cancelled, and the call goes on', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  const sent = a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 180 })
  deliver()
  a.engine.cancel(sent.ok ? sent.transaction : '')
  deliver()
  b.take('cancel')
  t.equal(a.take('response').response.status, 180)
  t.equal(a.take('response').response.status, 487)
  t.equal(a.left('dialog-ended') + b.left('dialog-ended'), 0)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a re-INVITE that is answered while it is cancelled does not end the call', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  const sent = a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  const { transaction } = b.take('request')
  b.engine.respond(transaction, { status: 180 })
  deliver()
  b.engine.respond(transaction, { status: 200, ...sdp })
  a.engine.cancel(sent.ok ? sent.transaction : '')
  deliver()
  a.take('response')
  t.equal(a.take('response').response.status, 200)
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  t.equal(a.left('dialog-ended') + b.left('dialog-ended'), 0)
  hangUp(pair, dialog)
  rest(t)
})

t.test('hanging up while a re-INVITE is open cancels it', async t => {
  const { a, b, deliver, dialog, trace, rest } = await answeredCall()
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 180 })
  deliver()
  const wire = trace()
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  t.strictSame(wire.slice(0, 2).toSorted(), ['a BYE', 'a CANCEL'])
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  const statuses = [a.take('response'), a.take('response'), a.take('response')].map(
    told => told.response.status,
  )
  t.strictSame(statuses, [180, 487, 200])
  rest(t)
})

t.test('a re-INVITE that is answered after the call has ended is still acknowledged', async t => {
  const { a, b, deliver, dialog, trace, network, rest } = await answeredCall()
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  const { transaction } = b.take('request')
  network.drop = ({ text }) => text.startsWith('BYE')
  a.engine.request({ method: 'BYE', dialog })
  const wire = trace()
  b.engine.respond(transaction, { status: 200, ...sdp })
  deliver()
  t.strictSame(wire, ['b 200', 'a ACK'])
  b.take('ack')
  network.drop = () => false
  pairByeIsServed(b)
  t.strictSame(a.engine.ack(dialog), { ok: false, refusal: 'unknown-dialog' })
  rest(t)

  function pairByeIsServed({ engine }: typeof b): void {
    engine.onEvent(event => {
      if (event.kind === 'request') engine.respond(event.transaction, { status: 200 })
    })
  }
})

t.test('a new Contact in a re-INVITE or UPDATE moves the target of the dialog', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  for (const method of ['UPDATE', 'INVITE']) {
    const contact = `<sip:${method.toLowerCase()}@10.0.0.1:5060>`
    a.engine.request({ method, dialog, headers: [['Contact', contact]] })
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 200 })
    deliver()
    a.take('response')
    if (method === 'INVITE') a.engine.ack(dialog)
    b.engine.request({ method: 'INFO', dialog })
    deliver()
    const info = a.take('request')
    t.equal(`<${info.request.uri}>`, contact)
    a.engine.respond(info.transaction, { status: 200 })
    deliver()
    b.take('response')
  }
  hangUp(pair, dialog)
  rest(t)
})

t.test('a refused UPDATE moves nothing', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'UPDATE', dialog, headers: [['Contact', '<sip:elsewhere@10.0.0.1>']] })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 488 })
  deliver()
  b.engine.request({ method: 'INFO', dialog })
  deliver()
  const info = a.take('request')
  t.equal(info.request.uri, 'sip:10.0.0.1:5060')
  a.engine.respond(info.transaction, { status: 200 })
  hangUp(pair, dialog)
  rest(t)
})

t.test('a dialog is known while it is early, and forgotten when the INVITE is refused', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  deliver()
  const { transaction } = b.take('request')
  const early = b.engine.respond(transaction, { status: 183, ...sdp })
  t.ok(early.ok && early.dialog)
  t.equal(b.engine.stats().dialogs, 2)
  b.engine.respond(transaction, { status: 480 })
  deliver()
  t.equal(b.engine.stats().dialogs, 1)
  hangUp(pair, dialog)
  rest(t)
})

t.test('only the ACK of the right INVITE ends the waiting for it', async t => {
  const pair = await enginePair()
  const { b, deliver, clock, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE', { cseq: 4 }))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, tag: 'ours' })
  peer.send(b, rawRequest('ACK', { cseq: 3, branch: 'z9hG4bKa', toTag: 'ours' }))
  peer.send(b, rawRequest('ACK', { cseq: 4, branch: 'z9hG4bKb', toTag: 'theirs' }))
  deliver()
  t.equal(b.left('ack'), 0)
  peer.send(b, rawRequest('ACK', { cseq: 4, branch: 'z9hG4bKc', toTag: 'ours' }))
  peer.send(b, rawRequest('ACK', { cseq: 4, branch: 'z9hG4bKd', toTag: 'ours' }))
  deliver()
  b.take('ack')
  t.equal(b.left('ack'), 0, 'the second one is not told')
  clock.advance(5000)
  t.strictSame(peer.statuses(), [200])
  peer.send(b, rawRequest('BYE', { cseq: 5, branch: 'z9hG4bKe', toTag: 'ours' }))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('a BYE before the ACK ends the call and the waiting', async t => {
  const pair = await enginePair()
  const { b, deliver, clock, rest } = pair
  const peer = rawPeer(pair)
  peer.send(b, rawRequest('INVITE'))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, tag: 'ours' })
  peer.send(b, rawRequest('BYE', { cseq: 2, branch: 'z9hG4bKb', toTag: 'ours' }))
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  clock.advance(40_000)
  t.strictSame(peer.statuses(), [200, 200])
  t.equal(b.left('dialog-ended'), 0)
  rest(t)
})

t.test('a Record-Route is given back in the answer and followed afterwards', async t => {
  const pair = await enginePair()
  const { b, deliver, rest } = pair
  const caller = rawPeer(pair)
  const proxy = rawPeer(pair, '10.0.0.8')
  const routes = ['<sip:10.0.0.8;lr>', '<sip:10.0.0.7;lr>']
  caller.send(b, rawRequest('INVITE', { more: routes.map(route => `Record-Route: ${route}`) }))
  deliver()
  const answered = b.engine.respond(b.take('request').transaction, {
    status: 200,
    tag: 'ours',
    headers: [['Record-Route', '<sip:evil>']],
  })
  t.strictSame(answered.ok && answered.response.headers.all('record-route'), routes)
  caller.send(b, rawRequest('ACK', { branch: 'z9hG4bKa', toTag: 'ours' }))
  deliver()
  b.engine.request({ method: 'BYE', dialog: b.take('ack').dialog, headers: [['Route', '<sip:evil>']] })
  deliver()
  const bye = proxy.got()[0]
  t.equal(bye?.kind === 'request' && bye.uri, 'sip:raw@10.0.0.9')
  t.strictSame(bye?.headers.all('route'), routes)
  rest(t)
})
