import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import type { SipRequest } from '../../../../engine/message/message.ts'
import type { EngineOptions } from '../../../../engine/options.ts'
import { enginePair, hangUp, sdp, type EnginePair } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest, type RawPeer } from '../../../support/raw-peer.ts'

const mine = 'v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\n'
const takesUpdate: HeaderLine = ['Allow', 'INVITE, ACK, BYE, UPDATE']

/** A call from a to b whose 2xx carries `headers`. */
async function timedCall(
  options: Partial<EngineOptions>,
  headers: readonly HeaderLine[] = [],
): Promise<EnginePair & { readonly dialog: string }> {
  const pair = await enginePair(options)
  const { a, b, deliver } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp, body: mine })
  deliver()
  const headersToo = [...sdp.headers, ...headers]
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp, headers: headersToo })
  deliver()
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  return { ...pair, dialog }
}

/** Answers one refresh of the other side. */
function serve({ b, deliver }: EnginePair, parts: object = {}): SipRequest {
  const { request, transaction } = b.take('request')
  b.engine.respond(transaction, { status: 200, ...sdp, ...parts })
  deliver()
  return request
}

t.test('without a wish of anybody there is no timer', async t => {
  const pair = await timedCall({})
  const { clock, trace, dialog, rest } = pair
  const wire = trace()
  clock.advance(4_000_000)
  t.strictSame(wire, [])
  hangUp(pair, dialog)
  rest(t)
})

t.test(
  'the session is refreshed by UPDATE where the peer takes it, and no application sees that it is due',
  async t => {
    const pair = await timedCall({ sessionExpiresSec: 90 }, [takesUpdate])
    const { a, clock, trace, dialog, rest } = pair
    for (let round = 1; round <= 3; round++) {
      const wire = trace()
      clock.advance(45_000)
      const update = serve(pair)
      t.equal(update.method, 'UPDATE')
      t.equal(update.body.length, 0)
      t.equal(update.headers.get('session-expires'), '90;refresher=uac')
      t.equal(update.headers.get('cseq'), `${round + 1} UPDATE`)
      t.strictSame(wire, ['a UPDATE', 'b 200'])
    }
    t.strictSame(
      a.events.map(({ kind }) => kind),
      ['response'],
      'a was told of the answer to its INVITE only',
    )
    hangUp(pair, dialog)
    rest(t)
  },
)

t.test('else by an INVITE with the SDP that was sent last, which the engine acknowledges', async t => {
  const pair = await timedCall({ sessionExpiresSec: 90 })
  const { a, b, clock, trace, dialog, rest } = pair
  const wire = trace()
  clock.advance(45_000)
  const invite = serve(pair)
  t.equal(invite.method, 'INVITE')
  t.equal(invite.body.toString(), mine)
  t.equal(invite.headers.get('content-type'), 'application/sdp')
  t.strictSame(wire, ['a INVITE', 'b 200', 'a ACK'])
  b.take('ack')
  t.equal(a.events.length, 1)
  t.strictSame(a.engine.ack(dialog), { ok: false, refusal: 'unknown-transaction' })
  clock.advance(44_000)
  t.equal(wire.length, 3, 'the next one is due half an interval later')
  clock.advance(1000)
  serve(pair)
  b.take('ack')
  hangUp(pair, dialog)
  rest(t)
})

t.test('whoever waits for the refresh ends the call when none comes, whoever gets no answer too', async t => {
  const { a, b, clock, network, dialog, rest } = await timedCall({ sessionExpiresSec: 90 }, [takesUpdate])
  network.drop = () => true
  clock.advance(61_000)
  const { reason, request } = b.take('dialog-ended')
  t.equal(reason, 'session-expired')
  t.equal(request.headers.get('reason'), 'SIP ;cause=200 ;text="Session timer expired"')
  t.equal(a.take('dialog-ended').dialog, dialog)
  clock.advance(40_000)
  rest(t)
})

for (const [status, name] of [
  [481, 'the peer does not know the call'],
  [408, 'nobody is there'],
] as const) {
  t.test(`the call ends at once when ${name} (${status})`, async t => {
    const pair = await timedCall({ sessionExpiresSec: 90 }, [takesUpdate])
    const { a, b, clock, deliver, rest } = pair
    clock.advance(45_000)
    b.engine.respond(b.take('request').transaction, { status })
    deliver()
    t.equal(a.take('dialog-ended').reason, 'session-expired')
    t.equal(a.left('response'), 0)
    b.engine.respond(b.take('request').transaction, { status: 200 })
    rest(t)
  })
}

t.test('a refresh that is refused is tried again, without UPDATE when the peer has none', async t => {
  const pair = await timedCall({ sessionExpiresSec: 90 }, [takesUpdate])
  const { a, b, clock, deliver, dialog, rest } = pair
  clock.advance(45_000)
  b.engine.respond(b.take('request').transaction, { status: 501 })
  deliver()
  deliver()
  const invite = b.take('request')
  t.equal(invite.request.method, 'INVITE')
  b.engine.respond(invite.transaction, { status: 491 })
  deliver()
  clock.advance(1000)
  t.equal(b.left('request'), 0, 'the caller waits more than 2.1 s after a glare')
  clock.advance(3500)
  serve(pair)
  b.take('ack')
  t.equal(a.left('dialog-ended'), 0)
  hangUp(pair, dialog)
  rest(t)
})

t.test('INVITEs and UPDATEs of the application refresh as well, and say so', async t => {
  const pair = await timedCall({ sessionExpiresSec: 90 }, [takesUpdate])
  const { a, b, clock, deliver, dialog, trace, rest } = pair
  clock.advance(40_000)
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  t.equal(serve(pair).headers.get('session-expires'), '90;refresher=uac')
  a.take('response')
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  b.engine.request({ method: 'UPDATE', dialog })
  deliver()
  const { request, transaction } = a.take('request')
  t.equal(request.headers.get('session-expires'), '90;refresher=uas', 'the roles do not change')
  a.engine.respond(transaction, { status: 200 })
  deliver()
  const { response } = b.take('response')
  t.equal(response.headers.get('session-expires'), '90;refresher=uas')
  const wire = trace()
  clock.advance(44_000)
  t.strictSame(wire, [], 'the timer began anew')
  clock.advance(2000)
  serve(pair)
  hangUp(pair, dialog)
  rest(t)
})

t.test('a call that was hung up is not refreshed', async t => {
  const pair = await timedCall({ sessionExpiresSec: 90 })
  const { clock, trace, dialog, rest } = pair
  hangUp(pair, dialog)
  const wire = trace()
  clock.advance(200_000)
  t.strictSame(wire, [])
  rest(t)
})

t.test('hanging up while a refresh is open leaves nothing behind', async t => {
  const { a, b, clock, deliver, dialog, trace, rest } = await timedCall({ sessionExpiresSec: 90 })
  clock.advance(45_000)
  const { transaction } = b.take('request')
  const wire = trace()
  a.engine.request({ method: 'BYE', dialog })
  b.engine.respond(transaction, { status: 200, ...sdp })
  deliver()
  t.ok(wire.includes('a ACK'), 'the 2xx is acknowledged all the same')
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.equal(a.take('response').response.status, 200)
  rest(t)
})

t.test('an application that sends at the same time is told of the glare', async t => {
  const pair = await timedCall({ sessionExpiresSec: 90 })
  const { a, b, clock, deliver, dialog, rest } = pair
  clock.advance(45_000)
  a.engine.request({ method: 'INVITE', dialog, ...sdp })
  deliver()
  t.equal(a.take('response').response.status, 491)
  serve(pair)
  b.take('ack')
  hangUp(pair, dialog)
  rest(t)
})

t.test('an interval that is too short is refused with the shortest one', async t => {
  const pair = await enginePair({ minSessionExpiresSec: 300 })
  const peer = rawPeer(pair)
  const asks = ['Supported: timer', 'Session-Expires: 299']
  peer.send(pair.b, rawRequest('INVITE', { more: asks }))
  pair.deliver()
  t.strictSame(peer.statuses(), [422])
  t.equal(peer.got()[0]?.headers.get('min-se'), '300')
  t.equal(pair.b.events.length, 0)
  pair.rest(t)
})

t.test(
  'a peer that wants a longer interval gets it, and the application hears only of the answer',
  async t => {
    const pair = await enginePair({ sessionExpiresSec: 100 })
    const { a, deliver, rest } = pair
    const peer = rawPeer(pair)
    const sent = a.engine.request({ method: 'INVITE', uri: 'sip:raw@10.0.0.9', ...sdp })
    deliver()
    const answer = (status: number, more: readonly string[]): void => {
      peer.send(a, responseLines(peer, status, more))
      deliver()
    }
    answer(422, ['Min-SE: 600'])
    const seen = (name: string): unknown => peer.got().map(message => message.headers.get(name))
    t.strictSame(seen('cseq'), ['1 INVITE', '1 ACK', '2 INVITE'])
    t.strictSame(seen('session-expires'), ['100', undefined, '600'])
    t.strictSame(seen('min-se'), [undefined, undefined, '600'])
    const [callId, , second] = peer.got().map(message => message.headers.get('call-id'))
    t.equal(second, callId)
    t.equal(a.left('response'), 0)
    answer(200, ['Contact: <sip:raw@10.0.0.9>', 'Session-Expires: 600;refresher=uas'])
    const told = a.take('response')
    t.equal(told.transaction, sent.ok && sent.transaction)
    t.equal(a.engine.ack(told.dialog ?? '').ok, true)
    deliver()
    t.equal(peer.got().at(-1)?.headers.get('cseq'), '2 ACK')
    a.engine.request({ method: 'BYE', dialog: told.dialog ?? '' })
    deliver()
    t.equal(peer.got().at(-1)?.headers.get('cseq'), '3 BYE')
    rest(t)
  },
)

t.test('an application that asked by itself hears of the 422', async t => {
  const pair = await enginePair({ sessionExpiresSec: 100, minSessionExpiresSec: 300 })
  const { a, b, deliver, rest } = pair
  const headers: readonly HeaderLine[] = [
    ['Session-Expires', '120'],
    ['Supported', 'timer'],
  ]
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', headers })
  deliver()
  t.equal(a.take('response').response.status, 422)
  t.equal(b.events.length, 0)
  rest(t)
})

/** A response to what the peer got last. */
function responseLines(peer: RawPeer, status: number, more: readonly string[]): readonly string[] {
  const headers = peer.got().at(-1)?.headers
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
  return [`SIP/2.0 ${status} So`, ...copied, `To: ${headers?.get('to')};tag=x`, ...more]
}
