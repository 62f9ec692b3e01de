import t from 'tap'
import type { ForwardParts } from '../../../../engine/api.ts'
import { sdp } from '../../../support/engine-pair.ts'
import { called, proxyBed, toBob, type ProxyBed } from '../../../support/proxy-bed.ts'

const toCarol: ForwardParts = { uri: 'sip:carol@10.0.0.4' }

t.test('a request is sent on with its headers and body, and one hop less', async t => {
  const made = await proxyBed()
  const { proxy, bob, deliver } = made
  const id = called(made, [
    ['X-Thing', 'kept'],
    ['Max-Forwards', '10'],
    ['Require', 'replaces'],
  ])
  const sent = proxy.engine.forward(id, {
    ...toBob,
    headers: [
      ['X-More', 'added'],
      ['Via', 'forged'],
      ['To', 'forged'],
    ],
  })
  t.equal(sent.ok, true)
  deliver()
  const { request } = bob.take('request')
  t.equal(request.uri, 'sip:bob@10.0.0.3')
  t.equal(request.body.toString(), sdp.body)
  const { headers } = request
  t.strictSame(headers.all('Max-Forwards'), ['9'])
  t.strictSame(
    [headers.get('X-Thing'), headers.get('X-More'), headers.get('To')],
    ['kept', 'added', '<sip:bob@10.0.0.2>'],
  )
  t.match(headers.all('Via'), [
    /^SIP\/2.0\/UDP 10.0.0.2:5060;.*received=10.0.0.2/,
    /10.0.0.1:5060;.*received=10.0.0.1/,
  ])
  t.equal(headers.all('Via').length, 2)
  t.equal(headers.has('Record-Route'), false)
})

t.test('responses come back without our Via; the call is then between the two ends', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, rest } = made
  const id = called(made)
  proxy.engine.forward(id, toBob)
  deliver()
  const invite = bob.take('request').transaction
  bob.engine.respond(invite, { status: 180, headers: [['X-From', 'bob']] })
  deliver()
  const ringing = caller.take('response').response
  t.strictSame([ringing.status, ringing.headers.get('X-From')], [180, 'bob'])
  t.match(ringing.headers.all('Via'), [/^SIP\/2.0\/UDP 10.0.0.1/])
  t.equal(proxy.take('response').response.status, 180, 'the application hears it too')
  bob.engine.respond(invite, { status: 200, ...sdp })
  deliver()
  const { dialog = '', response } = caller.take('response')
  t.equal(response.headers.get('Contact'), '<sip:bob@10.0.0.3:5060>')
  caller.engine.ack(dialog)
  deliver()
  t.equal(bob.take('ack').dialog, dialog)
  caller.engine.request({ method: 'BYE', dialog })
  deliver()
  bob.engine.respond(bob.take('request').transaction, { status: 200 })
  deliver()
  t.equal(proxy.left('request'), 0, 'nothing more came through the proxy')
  rest(t)
})

t.test('of two who are asked at once each 2xx goes back, and refusals only when chosen', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, carol, deliver } = made
  const id = called(made)
  proxy.engine.forward(id, toBob)
  proxy.engine.forward(id, toCarol)
  deliver()
  carol.engine.respond(carol.take('request').transaction, { status: 486 })
  deliver()
  const busy = proxy.take('response')
  t.equal(busy.response.status, 486)
  t.equal(caller.left('response'), 0)
  bob.engine.respond(bob.take('request').transaction, { status: 200, ...sdp })
  deliver()
  t.equal(caller.take('response').response.status, 200)
  t.match(proxy.engine.relay(id, busy.response), { ok: false, refusal: 'already-answered' })
})

t.test('a refusal that is chosen goes back as it came', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver, rest } = made
  const id = called(made)
  proxy.engine.forward(id, toBob)
  deliver()
  bob.engine.respond(bob.take('request').transaction, {
    status: 486,
    reason: 'On the phone',
    headers: [['Retry-After', '60']],
  })
  deliver()
  t.match(proxy.engine.relay(id, proxy.take('response').response), { ok: true, response: { status: 486 } })
  deliver()
  const { response } = caller.take('response')
  t.strictSame(
    [response.status, response.reason, response.headers.get('Retry-After')],
    [486, 'On the phone', '60'],
  )
  t.equal(response.headers.all('Via').length, 1)
  rest(t)
})

t.test(
  'a CANCEL is told and ends nothing by itself; the INVITE ends with what the target says to ours',
  async t => {
    const made = await proxyBed()
    const { caller, proxy, bob, deliver, rest } = made
    const id = called(made)
    const sent = proxy.engine.forward(id, toBob)
    deliver()
    bob.engine.respond(bob.take('request').transaction, { status: 180 })
    deliver()
    caller.take('response')
    proxy.take('response')
    caller.engine.cancel(callerInvite(made))
    deliver()
    t.equal(proxy.take('cancel').transaction, id)
    t.equal(caller.left('response'), 0, 'no 487 yet')
    proxy.engine.cancel(sent.ok ? sent.transaction : '')
    deliver()
    t.equal(bob.left('cancel'), 1)
    const refusal = proxy.take('response').response
    t.equal(refusal.status, 487)
    proxy.engine.relay(id, refusal)
    deliver()
    t.equal(caller.take('response').response.status, 487)
    rest(t)
  },
)

t.test('a target that never answers is told as 408, and the caller waits for the choice', async t => {
  const made = await proxyBed({ limits: { tryingMs: 0 } })
  const { caller, proxy, bob, clock, deliver, network, rest } = made
  const id = called(made)
  network.drop = ({ text }) => text.includes('sip:bob@10.0.0.3')
  proxy.engine.forward(id, toBob)
  clock.advance(33_000)
  const nothing = proxy.take('response')
  t.strictSame([nothing.response.status, nothing.source], [408, undefined])
  t.equal(bob.left('request'), 0)
  proxy.engine.relay(id, nothing.response)
  deliver()
  t.equal(caller.take('response').response.status, 100)
  const { response } = caller.take('response')
  t.equal(response.status, 408)
  t.match(response.headers.get('To'), /;tag=/)
  rest(t)
})

t.test('the application has all the time it needs once the request is with its targets', async t => {
  const made = await proxyBed({ limits: { answerMs: 1000, ringMs: 2000 } })
  const { caller, proxy, bob, clock, deliver } = made
  proxy.engine.forward(called(made), toBob)
  deliver()
  const invite = bob.take('request').transaction
  clock.advance(900)
  bob.engine.respond(invite, { status: 180 })
  clock.advance(1500)
  bob.engine.respond(invite, { status: 183 })
  clock.advance(1500)
  t.strictSame([caller.take('response').response.status, caller.take('response').response.status], [180, 183])
  t.equal(caller.left('response'), 0)
  t.equal(proxy.left('response'), 2)
})

t.test('a request that goes in a circle is not sent on again', async t => {
  const made = await proxyBed()
  const { caller, proxy, deliver } = made
  caller.engine.request({ method: 'MESSAGE', uri: 'sip:bob@10.0.0.2' })
  deliver()
  const first = proxy.take('request')
  const sent = proxy.engine.forward(first.transaction, { nextHop: 'sip:10.0.0.2' })
  t.equal(sent.ok, true)
  deliver()
  const second = proxy.take('request')
  t.match(proxy.engine.forward(second.transaction, { nextHop: 'sip:10.0.0.2' }), {
    ok: false,
    refusal: 'loop',
  })
  t.equal(proxy.engine.forward(second.transaction, toBob).ok, true, 'to another place it may go')
})

t.test('a registration that is sent on gets a Path', async t => {
  const made = await proxyBed()
  const { caller, proxy, bob, deliver } = made
  caller.engine.request({
    method: 'REGISTER',
    uri: 'sip:10.0.0.2',
    headers: [['Contact', '<sip:a@10.0.0.1>']],
  })
  deliver()
  proxy.engine.forward(proxy.take('request').transaction, { nextHop: 'sip:10.0.0.3', stay: true })
  deliver()
  const { request } = bob.take('request')
  t.strictSame(
    [request.uri, request.headers.get('Path'), request.headers.get('Require')],
    ['sip:10.0.0.2', '<sip:10.0.0.2:5060;lr>', 'path'],
  )
})

t.test(
  'a Route that means us is taken out, and a router of old times finds itself in the Request-URI',
  async t => {
    const made = await proxyBed()
    const { caller, proxy, bob, deliver } = made
    caller.engine.request({
      method: 'OPTIONS',
      uri: 'sip:far@example.com',
      nextHop: 'sip:10.0.0.2',
      headers: [['Route', '<sip:10.0.0.2;lr>, <sip:10.0.0.3>, <sip:later;lr>']],
    })
    deliver()
    proxy.engine.forward(proxy.take('request').transaction, {})
    deliver()
    const { request } = bob.take('request')
    t.equal(request.uri, 'sip:10.0.0.3')
    t.strictSame(request.headers.all('Route'), ['<sip:later;lr>', '<sip:far@example.com>'])
  },
)

t.test('what cannot be sent on is said', async t => {
  const made = await proxyBed()
  const { proxy } = made
  const id = called(made)
  const refusal = (transaction: string, parts: ForwardParts): string | undefined => {
    const done = proxy.engine.forward(transaction, parts)
    return done.ok ? undefined : done.refusal
  }
  t.equal(refusal('nobody', toBob), 'unknown-transaction')
  t.equal(refusal(id, { uri: 'nonsense' }), 'invalid-uri')
  t.equal(refusal(id, { flow: 'gone' }), 'flow-closed')
  t.equal(refusal(id, { uri: 'sip:x@10.0.0.3;transport=tcp' }), 'no-listener')
  t.equal(refusal(id, { ...toBob, headers: [['X', 'a\r\nVia: b']] }), 'invalid-header')
  proxy.engine.respond(id, { status: 486 })
  t.equal(refusal(id, toBob), 'already-answered')
})

/** The transaction of the caller's INVITE, as its events name it. */
function callerInvite({ caller }: ProxyBed): string {
  const told = caller.events.find(event => event.kind === 'response')
  return told?.kind === 'response' ? told.transaction : ''
}
