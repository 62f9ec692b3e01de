import t from 'tap'
import { enginePair, sdp, type EnginePair } from '../../../support/engine-pair.ts'
import type { Transport } from '../../../../engine/api.ts'
import type { EngineOptions } from '../../../../engine/options.ts'

const invite = { method: 'INVITE', uri: 'sip:bob@front.example', ...sdp }

/** A call from a browser (a) over a connection of its own to b. */
async function browserCall(
  options: Partial<EngineOptions> = {},
  stream: Transport = 'wss',
): Promise<EnginePair & { readonly dialog: string; readonly ends: { client: string; server: string } }> {
  const pair = await enginePair(options, stream)
  const { a, b, deliver, network } = pair
  const ends = network.connect(a.transports, b.transports)
  a.engine.request({
    ...invite,
    flow: ends.client,
    headers: [...sdp.headers, ['Contact', '<sip:x@abc.invalid;transport=ws>']],
  })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  deliver()
  b.take('ack')
  return { ...pair, dialog, ends }
}

for (const stream of ['wss', 'tcp'] as const) {
  t.test(`a call over a ${stream} connection stays on it in both directions`, async t => {
    const { a, b, deliver, dialog, ends, trace, rest } = await browserCall({}, stream)
    const wire = trace()
    b.engine.request({ method: 'INFO', dialog })
    deliver()
    const info = a.take('request')
    t.equal(info.source.flow, ends.client)
    a.engine.respond(info.transaction, { status: 200 })
    a.engine.request({ method: 'BYE', dialog })
    deliver()
    const bye = b.take('request')
    t.equal(bye.source.flow, ends.server)
    b.engine.respond(bye.transaction, { status: 200 })
    deliver()
    t.strictSame(wire, ['b INFO', 'a 200', 'a BYE', 'b 200'])
    rest(t)
  })
}

t.test('a TCP peer whose connection is gone is called at its Contact instead', async t => {
  const { a, b, deliver, dialog, ends, rest } = await browserCall({}, 'tcp')
  a.engine.request({ method: 'UPDATE', dialog, headers: [['Contact', '<sip:ann@10.0.0.1>']] })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  a.engine.closeFlow(ends.client)
  deliver()
  b.engine.request({ method: 'BYE', dialog })
  deliver()
  const bye = a.take('request')
  t.equal(bye.source.transport, 'udp')
  a.engine.respond(bye.transaction, { status: 200 })
  rest(t)
})

t.test('Contact and Via name the listener of the connection', async t => {
  const { a, b, deliver, network, rest } = await enginePair()
  const ends = network.connect(a.transports, b.transports)
  const sent = a.engine.request({
    ...invite,
    flow: ends.client,
    headers: [...sdp.headers, ['From', '<sip:ann@x>']],
  })
  t.equal(sent.ok && sent.request.headers.get('contact'), '<sip:ann@10.0.0.1:8443;transport=ws>')
  t.match(sent.ok && sent.request.headers.get('via'), /^SIP\/2\.0\/WSS 10\.0\.0\.1:8443;/)
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 486 })
  rest(t)
})

t.test(
  'what waits for a response ends in 503 when its connection closes, after the close is told',
  async t => {
    const { a, b, deliver, dialog, ends, rest } = await browserCall()
    b.engine.request({ method: 'INFO', dialog })
    b.engine.closeFlow(ends.server)
    deliver()
    t.equal(b.take('flow-closed').flow, ends.server)
    const { response, source } = b.take('response')
    t.equal(response.status, 503)
    t.equal(source, undefined)
    t.equal(a.take('flow-closed').flow, ends.client)
    b.engine.request({ method: 'BYE', dialog })
    deliver()
    t.equal(b.take('response').response.status, 503)
    a.engine.request({ method: 'BYE', dialog })
    rest(t)
  },
)

t.test('an order to a browser that is gone is taken, and ends in 503 a moment later', async t => {
  const { a, b, deliver, dialog, ends, trace, rest } = await browserCall()
  a.engine.closeFlow(ends.client)
  deliver()
  const wire = trace()
  t.equal(b.engine.request({ method: 'INVITE', dialog, ...sdp }).ok, true)
  t.equal(b.left('response'), 0)
  deliver()
  t.equal(b.take('response').response.status, 503)
  t.strictSame(wire, [])
  b.engine.request({ method: 'BYE', dialog })
  a.engine.request({ method: 'BYE', dialog })
  rest(t)
})

t.test('a call follows its browser to the next connection', async t => {
  const { a, b, deliver, dialog, ends, network, rest } = await browserCall()
  a.engine.closeFlow(ends.client)
  deliver()
  const next = network.connect(a.transports, b.transports)
  a.engine.request({ method: 'INVITE', dialog, flow: next.client, ...sdp })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  t.equal(a.take('response').response.status, 200)
  a.engine.ack(dialog)
  b.engine.request({ method: 'BYE', dialog })
  deliver()
  const bye = a.take('request')
  t.equal(bye.source.flow, next.client)
  a.engine.respond(bye.transaction, { status: 200 })
  rest(t)
})

t.test('what comes over another connection and is refused changes nothing, BYE included', async t => {
  const { a, b, deliver, dialog, ends, network, rest } = await browserCall()
  const other = network.connect(a.transports, b.transports)
  for (const method of ['INFO', 'INVITE', 'BYE']) {
    a.engine.request({ method, dialog, flow: other.client, ...(method === 'INVITE' && sdp) })
    deliver()
    b.engine.respond(b.take('request').transaction, { status: 401 })
    deliver()
    t.equal(a.take('response').response.status, 401)
  }
  b.engine.request({ method: 'INFO', dialog })
  deliver()
  t.equal(network.packets.at(-1)?.text.startsWith('SIP/2.0 481'), true, 'it went over the first connection')
  t.ok(ends)
  rest(t)
})

t.test('a BYE over another connection ends the call when it is accepted', async t => {
  const { a, b, deliver, dialog, network, rest } = await browserCall()
  const other = network.connect(a.transports, b.transports)
  a.engine.request({ method: 'BYE', dialog, flow: other.client })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.equal(a.take('response').response.status, 200)
  rest(t)
})

t.test('a policy may forbid that: 403, and the call stays where it is', async t => {
  const { a, b, deliver, dialog, network, rest } = await browserCall({ newFlow: 'refuse' })
  const other = network.connect(a.transports, b.transports)
  a.engine.request({ method: 'BYE', dialog, flow: other.client })
  deliver()
  t.equal(a.take('response').response.status, 403)
  t.equal(b.left('request'), 0)
  b.engine.request({ method: 'BYE', dialog })
  deliver()
  t.equal(network.packets.at(-1)?.text.startsWith('SIP/2.0 481'), true, 'it went over the first connection')
  rest(t)
})

t.test('an answer to a caller whose connection is gone is refused, and the INVITE forgotten', async t => {
  const { a, b, deliver, network, rest } = await enginePair()
  const ends = network.connect(a.transports, b.transports)
  a.engine.request({ ...invite, flow: ends.client })
  deliver()
  const { transaction } = b.take('request')
  a.engine.closeFlow(ends.client)
  deliver()
  t.strictSame(b.engine.respond(transaction, { status: 180 }), { ok: false, refusal: 'flow-closed' })
  t.strictSame(b.engine.respond(transaction, { status: 200, ...sdp }), { ok: false, refusal: 'flow-closed' })
  t.strictSame(b.engine.stats().transactions, 0)
  rest(t)
})

t.test('a 2xx over a connection is repeated until its ACK as well', async t => {
  const { a, b, deliver, clock, network, trace, rest } = await enginePair()
  const ends = network.connect(a.transports, b.transports)
  a.engine.request({ ...invite, flow: ends.client })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp })
  deliver()
  const { dialog = '' } = a.take('response')
  const wire = trace()
  clock.advance(500)
  t.strictSame(wire, ['b 200'])
  a.engine.ack(dialog)
  deliver()
  clock.advance(5000)
  t.strictSame(wire, ['b 200', 'a ACK'])
  a.engine.request({ method: 'BYE', dialog })
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test(
  'bytes behind a message on a WebSocket close it, and a second message there is never seen',
  async t => {
    const { a, b, deliver, network, rest } = await enginePair()
    const ends = network.connect(a.transports, b.transports)
    const one = [
      'OPTIONS sip:b SIP/2.0',
      'Via: SIP/2.0/WSS x.invalid;branch=z9hG4bK1',
      'From: <sip:x@y>;tag=1',
      'To: <sip:b>',
      'Call-ID: 1',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n')
    a.transports.send(Buffer.from(one + one), { flow: ends.client }, () => undefined)
    deliver()
    t.equal(b.left('request'), 0)
    t.match(network.packets.at(-1)?.text, /^SIP\/2\.0 400 /)
    t.equal(b.take('flow-closed').flow, ends.server)
    rest(t)
  },
)
