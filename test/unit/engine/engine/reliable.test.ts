import t from 'tap'
import type { HeaderLine } from '../../../../engine/message/message.ts'
import { rackFor } from '../../../../engine/message/rack.ts'
import { enginePair, hangUp, sdp, type EnginePair, type EventOf } from '../../../support/engine-pair.ts'
import { rawPeer, rawRequest } from '../../../support/raw-peer.ts'

const reliable: HeaderLine = ['Require', '100rel']
const supported: HeaderLine = ['Supported', 'timer, 100rel']

/** An INVITE of a to b that has arrived. */
async function ringing(
  headers: readonly HeaderLine[] = [supported],
): Promise<EnginePair & { readonly invite: EventOf<'request'> }> {
  const pair = await enginePair()
  pair.a.engine.request({
    method: 'INVITE',
    uri: 'sip:bob@10.0.0.2',
    ...sdp,
    headers: [...sdp.headers, ...headers],
  })
  pair.deliver()
  return { ...pair, invite: pair.b.take('request') }
}

/** Lets a acknowledge the reliable response that it was told of, and b agree. */
function prack({ a, b, deliver }: EnginePair): EventOf<'request'> {
  const { response, dialog = '' } = a.take('response')
  const rack = rackFor(response) ?? ''
  a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rack]] })
  deliver()
  const told = b.take('request')
  b.engine.respond(told.transaction, { status: 200 })
  deliver()
  t.equal(a.take('response').response.status, 200)
  return told
}

function finish(pair: EnginePair): void {
  const { a, b, deliver } = pair
  const answer = a.take('response')
  t.equal(answer.response.status, 200)
  a.engine.ack(answer.dialog ?? '')
  deliver()
  b.take('ack')
  hangUp(pair, answer.dialog ?? '')
}

t.test(
  'a reliable response is repeated until its PRACK, which the application gets in the dialog',
  async t => {
    const pair = await ringing()
    const { a, b, invite, deliver, clock, trace, rest } = pair
    const wire = trace()
    const sent = b.engine.respond(invite.transaction, {
      status: 183,
      ...sdp,
      headers: [...sdp.headers, reliable],
    })
    t.match(sent.ok && sent.response.headers.get('rseq'), /^\d+$/)
    t.match(sent.ok && sent.response.headers.get('contact'), /^<sip:/)
    clock.advance(3600)
    t.strictSame(wire, ['b 183', 'b 183', 'b 183', 'b 183'], 'at 0, 0.5, 1.5 and 3.5 s')
    t.equal(a.left('response'), 1, 'copies are not told')
    const told = prack(pair)
    t.equal(told.dialog, sent.ok && sent.dialog)
    clock.advance(10_000)
    t.equal(wire.filter(line => line === 'b 183').length, 4)
    b.engine.respond(invite.transaction, { status: 200, ...sdp })
    deliver()
    finish(pair)
    rest(t)
  },
)

t.test('reliable responses leave one after the other, numbered one by one', async t => {
  const pair = await ringing()
  const { a, b, invite, deliver, rest } = pair
  for (const status of [180, 183]) b.engine.respond(invite.transaction, { status, headers: [reliable] })
  deliver()
  t.equal(a.left('response'), 1)
  const { response: first, dialog = '' } = a.take('response')
  a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rackFor(first) ?? '']] })
  deliver()
  const { response: second } = a.take('response')
  t.strictSame([first.status, second.status], [180, 183])
  t.equal(Number(second.headers.get('rseq')), Number(first.headers.get('rseq')) + 1)
  b.engine.respond(b.take('request').transaction, { status: 200 })
  b.engine.respond(invite.transaction, { status: 486 })
  deliver()
  t.strictSame(
    [a.take('response'), a.take('response')].map(told => told.response.status),
    [200, 486],
  )
  rest(t)
})

t.test('a 2xx waits for the PRACK of an answer, and nothing can be answered after it', async t => {
  const pair = await ringing()
  const { a, b, invite, deliver, trace, rest } = pair
  const wire = trace()
  b.engine.respond(invite.transaction, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  const answered = b.engine.respond(invite.transaction, { status: 200 })
  t.ok(answered.ok && answered.dialog)
  t.strictSame(b.engine.respond(invite.transaction, { status: 486 }), {
    ok: false,
    refusal: 'already-answered',
  })
  deliver()
  t.strictSame(wire, ['b 183'])
  const { response, dialog = '' } = a.take('response')
  a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rackFor(response) ?? '']] })
  deliver()
  t.strictSame(wire, ['b 183', 'a PRACK', 'b 200'], 'the application has not answered the PRACK yet')
  b.engine.respond(b.take('request').transaction, { status: 200 })
  finish(pair)
  t.equal(a.take('response').response.status, 200)
  rest(t)
})

t.test('a 2xx does not wait for the PRACK of a mere ringing', async t => {
  const pair = await ringing()
  const { a, b, invite, deliver, clock, trace, rest } = pair
  b.engine.respond(invite.transaction, { status: 180, headers: [reliable] })
  const wire = trace()
  b.engine.respond(invite.transaction, { status: 200, ...sdp })
  deliver()
  t.strictSame(wire, ['b 200'])
  a.take('response')
  finish(pair)
  clock.advance(5000)
  t.notOk(wire.includes('b 180'))
  rest(t)
})

t.test('a caller who never sends the PRACK is refused after 64·T1', async t => {
  const { a, b, invite, clock, rest } = await ringing()
  b.engine.respond(invite.transaction, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  b.engine.respond(invite.transaction, { status: 200 })
  clock.advance(33_000)
  a.take('response')
  t.equal(a.take('response').response.status, 500)
  t.equal(b.take('dialog-ended').reason, 'ack-timeout')
  t.strictSame(b.engine.respond(invite.transaction, { status: 200 }), {
    ok: false,
    refusal: 'already-answered',
  })
  rest(t)
})

t.test('a caller may cancel while a 2xx waits for the PRACK', async t => {
  const pair = await enginePair()
  const { a, b, deliver, rest } = pair
  const sent = a.engine.request({
    method: 'INVITE',
    uri: 'sip:bob@10.0.0.2',
    ...sdp,
    headers: [...sdp.headers, supported],
  })
  deliver()
  const { transaction } = b.take('request')
  b.engine.respond(transaction, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  b.engine.respond(transaction, { status: 200 })
  deliver()
  a.engine.cancel(sent.ok ? sent.transaction : '')
  deliver()
  a.take('response')
  t.equal(a.take('response').response.status, 487)
  t.equal(b.take('dialog-ended').reason, 'cancelled-after-answer', 'the call that was promised is no more')
  t.equal(b.left('cancel'), 0)
  rest(t)
})

t.test('a PRACK that comes after the 2xx is no fault: the call stays up', async t => {
  const pair = await ringing()
  const { a, b, invite, deliver, rest } = pair
  b.engine.respond(invite.transaction, { status: 180, headers: [reliable] })
  deliver()
  b.engine.respond(invite.transaction, { status: 200, ...sdp })
  const { response, dialog = '' } = a.take('response')
  const pracking = { method: 'PRACK', dialog, headers: [['RAck', rackFor(response) ?? '']] } as const
  a.engine.request(pracking)
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  finish(pair)
  t.equal(a.take('response').response.status, 200)
  t.equal(b.left('request'), 0)
  rest(t)
})

t.test('a PRACK acknowledges once', async t => {
  const pair = await ringing()
  const { a, b, invite, deliver, rest } = pair
  b.engine.respond(invite.transaction, { status: 180, headers: [reliable] })
  deliver()
  const { response, dialog = '' } = a.take('response')
  const pracking = { method: 'PRACK', dialog, headers: [['RAck', rackFor(response) ?? '']] } as const
  a.engine.request(pracking)
  a.engine.request(pracking)
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.strictSame(
    [a.take('response'), a.take('response')]
      .map(told => told.response.status)
      .toSorted((one, other) => one - other),
    [200, 481],
  )
  b.engine.respond(invite.transaction, { status: 486 })
  deliver()
  a.take('response')
  rest(t)
})

t.test('who hangs up while the 2xx waits for the PRACK has refused: no BYE leaves', async t => {
  const { a, b, invite, deliver, clock, trace, rest } = await ringing()
  const wire = trace()
  b.engine.respond(invite.transaction, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  const answered = b.engine.respond(invite.transaction, { status: 200 })
  b.engine.request({ method: 'BYE', dialog: (answered.ok && answered.dialog) || '' })
  deliver()
  t.strictSame(wire, ['b 183', 'b 480', 'a ACK'])
  clock.advance(1)
  t.equal(b.take('response').response.status, 481)
  t.equal(b.left('dialog-ended'), 0)
  t.equal(a.take('response').response.status, 183)
  t.equal(a.take('response').response.status, 480)
  rest(t)
})

t.test('a BYE of the caller while the 2xx waits for the PRACK ends the INVITE at once', async t => {
  const { a, b, invite, deliver, trace, rest } = await ringing()
  b.engine.respond(invite.transaction, { status: 183, ...sdp, headers: [...sdp.headers, reliable] })
  b.engine.respond(invite.transaction, { status: 200 })
  deliver()
  const wire = trace()
  a.engine.request({ method: 'BYE', dialog: a.take('response').dialog ?? '' })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.ok(wire.includes('b 487'), wire.join(', '))
  t.strictSame(
    [a.take('response'), a.take('response')]
      .map(told => told.response.status)
      .toSorted((one, other) => one - other),
    [200, 487],
  )
  rest(t)
})

t.test('a caller that knows nothing of it cannot be answered reliably', async t => {
  const { a, b, invite, deliver, rest } = await ringing([])
  t.strictSame(b.engine.respond(invite.transaction, { status: 183, headers: [reliable] }), {
    ok: false,
    refusal: 'no-100rel',
  })
  b.engine.respond(invite.transaction, { status: 486 })
  deliver()
  a.take('response')
  rest(t)
})

t.test('for a caller that insists the engine does it alone when the application does not', async t => {
  const pair = await ringing([reliable])
  const { a, b, invite, deliver, rest } = pair
  b.engine.respond(invite.transaction, { status: 180 })
  deliver()
  const { response, dialog = '' } = a.take('response')
  t.equal(response.headers.get('require'), '100rel')
  a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rackFor(response) ?? '']] })
  deliver()
  t.equal(a.take('response').response.status, 200)
  t.equal(b.left('request'), 0)
  b.engine.respond(invite.transaction, { status: 200, ...sdp })
  deliver()
  finish(pair)
  rest(t)
})

for (const [name, rack, status] of [
  ['for another response', (rseq: number) => `${rseq + 1} 1 INVITE`, 481],
  ['for another request', (rseq: number) => `${rseq} 2 INVITE`, 481],
  ['for another method', (rseq: number) => `${rseq} 1 UPDATE`, 481],
  ['that says nothing', () => 'x', 400],
] as const) {
  t.test(`a PRACK ${name} is refused`, async t => {
    const { a, b, invite, deliver, rest } = await ringing()
    const sent = b.engine.respond(invite.transaction, { status: 180, headers: [reliable] })
    deliver()
    const { dialog = '' } = a.take('response')
    const rseq = sent.ok ? Number(sent.response.headers.get('rseq')) : 0
    a.engine.request({ method: 'PRACK', dialog, headers: [['RAck', rack(rseq)]] })
    deliver()
    t.equal(a.take('response').response.status, status)
    t.equal(b.left('request'), 0)
    b.engine.respond(invite.transaction, { status: 486 })
    deliver()
    rest(t)
  })
}

t.test(
  'a reliable response that has overtaken another one is not told, until it comes again in order',
  async t => {
    const pair = await enginePair()
    const { a, deliver, clock, rest } = pair
    const peer = rawPeer(pair)
    a.engine.request({ method: 'INVITE', uri: 'sip:raw@10.0.0.9', ...sdp })
    deliver()
    const headers = peer.got()[0]?.headers
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers?.get(name)}`)
    const ring = (rseq: number): void => {
      const more = ['Require: 100rel', `RSeq: ${rseq}`, 'Contact: <sip:raw@10.0.0.9>']
      peer.send(a, ['SIP/2.0 180 Ringing', ...copied, `To: ${headers?.get('to')};tag=x`, ...more])
      deliver()
    }
    const heard: (string | undefined)[] = []
    for (const rseq of [7, 9, 7, 8, 8, 9]) {
      ring(rseq)
      if (a.left('response') > 0) heard.push(a.take('response').response.headers.get('rseq'))
    }
    t.strictSame(heard, ['7', '8', '9'])
    peer.send(a, ['SIP/2.0 486 Busy', ...copied, `To: ${headers?.get('to')};tag=x`])
    deliver()
    clock.advance(40_000)
    rest(t)
  },
)

t.test('an extension that nobody here knows is refused by name', async t => {
  const pair = await enginePair({ extensions: ['mine'] })
  const peer = rawPeer(pair)
  peer.send(pair.b, rawRequest('OPTIONS', { more: ['Require: 100REL, mine, unheard-of', 'Require: other'] }))
  pair.deliver()
  t.strictSame(peer.statuses(), [420])
  t.equal(peer.got()[0]?.headers.get('unsupported'), 'unheard-of, other')
  t.equal(pair.b.events.length, 0)
  pair.rest(t)
})

t.test('an application that knows better sees every extension', async t => {
  const pair = await enginePair({ extensions: 'any' })
  const peer = rawPeer(pair)
  peer.send(pair.b, rawRequest('OPTIONS', { more: ['Require: unheard-of'] }))
  pair.deliver()
  pair.b.engine.respond(pair.b.take('request').transaction, { status: 200 })
  pair.deliver()
  t.strictSame(peer.statuses(), [200])
  pair.rest(t)
})
