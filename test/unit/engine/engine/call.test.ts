import t from 'tap'
import { answeredCall, enginePair, hangUp, sdp } from '../../../support/engine-pair.ts'

t.test('a call is set up and hung up with six messages', async t => {
  const { a, b, deliver, trace, rest } = await enginePair()
  const wire = trace()
  const sent = a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  t.equal(sent.ok, true)
  deliver()
  const invite = b.take('request')
  t.equal(invite.dialog, undefined)
  t.match(invite.request.headers.get('via'), /;received=10\.0\.0\.1;rport=5060$/)
  b.engine.respond(invite.transaction, { status: 180 })
  deliver()
  t.equal(a.take('response').response.status, 180)
  const answered = b.engine.respond(invite.transaction, { status: 200, ...sdp })
  deliver()
  const ok = a.take('response')
  t.equal(ok.response.headers.get('contact'), '<sip:bob@10.0.0.2:5060>')
  t.equal(ok.dialog, answered.ok && answered.dialog, 'both sides know the dialog by the same id')
  a.engine.ack(ok.dialog ?? '')
  deliver()
  const ack = b.take('ack')
  t.equal(ack.transaction, invite.transaction)
  b.engine.request({ method: 'BYE', dialog: ack.dialog })
  deliver()
  const bye = a.take('request')
  t.equal(bye.dialog, ok.dialog)
  a.engine.respond(bye.transaction, { status: 200 })
  deliver()
  t.equal(b.take('response').response.status, 200)
  t.strictSame(wire, ['a INVITE', 'b 180', 'b 200', 'a ACK', 'b BYE', 'a 200'])
  rest(t)
})

t.test('what the application gives is honoured, and what is missing is added', async t => {
  const { a, b, deliver, clock, rest } = await enginePair({ userAgent: 'Portico' })
  const sent = a.engine.request({
    method: 'OPTIONS',
    uri: 'sip:10.0.0.2',
    headers: [
      ['f', '"Ann" <sip:ann@example.com>;tag=mine'],
      ['Call-ID', 'my-call-id'],
      ['CSeq', '7 OPTIONS'],
      ['Via', 'SIP/2.0/UDP evil;branch=1'],
      ['X-Test', 'yes'],
    ],
  })
  deliver()
  const { request, transaction } = b.take('request')
  const values = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'user-agent', 'x-test', 'contact']
  t.strictSame(
    values.map(name => request.headers.get(name)),
    [
      '"Ann" <sip:ann@example.com>;tag=mine',
      '<sip:10.0.0.2>',
      'my-call-id',
      '7 OPTIONS',
      '70',
      'Portico',
      'yes',
      undefined,
    ],
  )
  t.equal(request.headers.all('via').length, 1)
  t.match(sent.ok && sent.via, { transport: 'udp', address: '10.0.0.1', port: 5060 })
  b.engine.respond(transaction, { status: 200, headers: [['Allow', 'INVITE']] })
  deliver()
  const { response } = a.take('response')
  t.equal(response.headers.get('server'), 'Portico')
  t.match(response.headers.get('to'), /;tag=[0-9a-f]{16}$/)
  clock.advance(0)
  rest(t)
})

t.test('a new call has tags and a Call-ID of at least 64 random bits', async t => {
  const { a, rest } = await enginePair()
  const sent = a.engine.request({ method: 'INVITE', uri: 'sip:nobody@10.0.0.7' })
  const headers = sent.ok ? sent.request.headers : undefined
  t.match(headers?.get('from'), /^<sip:10\.0\.0\.1:5060>;tag=[0-9a-f]{16,}$/)
  t.match(headers?.get('call-id'), /^[0-9a-f]{16,}$/)
  t.match(headers?.get('via'), /^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;branch=z9hG4bK[0-9a-f]{16,};rport$/)
  rest(t)
})

for (const method of ['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'REFER', 'NOTIFY']) {
  t.test(`${method} crosses a dialog in both directions`, async t => {
    const pair = await answeredCall()
    const { a, b, deliver, dialog, rest } = pair
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      t.equal(from.engine.request({ method, dialog }).ok, true)
      deliver()
      const { request, transaction, dialog: within } = to.take('request')
      t.equal(request.method, method)
      t.equal(within, dialog)
      to.engine.respond(transaction, { status: 200 })
      deliver()
      t.equal(from.take('response').response.status, 200)
    }
    hangUp(pair, dialog)
    rest(t)
  })
}

t.test('either side may re-INVITE, and CSeq numbers of each side rise by one', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, rest } = pair
  for (const [from, to, cseq] of [
    [a, b, 2],
    [b, a, 1],
    [a, b, 3],
  ] as const) {
    from.engine.request({ method: 'INVITE', dialog, ...sdp })
    deliver()
    const { request, transaction, dialog: within } = to.take('request')
    t.equal(request.headers.get('cseq'), `${cseq} INVITE`)
    t.equal(within, dialog)
    to.engine.respond(transaction, { status: 183 })
    to.engine.respond(transaction, { status: 200, ...sdp })
    deliver()
    t.equal(from.take('response').response.status, 183)
    t.equal(from.take('response').dialog, dialog)
    t.equal(from.engine.ack(dialog).ok, true)
    deliver()
    const ack = to.take('ack')
    t.equal(ack.transaction, transaction)
    t.equal(ack.request.headers.get('cseq'), `${cseq} ACK`)
  }
  hangUp(pair, dialog)
  rest(t)
})

t.test('a refused re-INVITE leaves the call as it was', async t => {
  const pair = await answeredCall()
  const { a, b, deliver, dialog, trace, rest } = pair
  const wire = trace()
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 488 })
  deliver()
  t.equal(a.take('response').response.status, 488)
  t.strictSame(wire, ['a INVITE', 'b 488', 'a ACK'])
  t.equal(b.left('ack'), 0, 'the ACK of a refusal is not told')
  hangUp(pair, dialog)
  rest(t)
})

t.test('an offer in the 2xx is answered in the ACK', async t => {
  const { a, b, deliver, rest, ...pair } = await enginePair()
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2' })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  t.strictSame(a.engine.ack(dialog, { body: 'v=0' }), { ok: false, refusal: 'missing-content-type' })
  t.equal(a.engine.ack(dialog, sdp).ok, true)
  deliver()
  t.equal(b.take('ack').request.body.toString(), sdp.body)
  hangUp({ a, b, deliver, rest, ...pair }, dialog)
  rest(t)
})
