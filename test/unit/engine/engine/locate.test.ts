import t from 'tap'
import { createEngine } from '../../../../engine/engine.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { enginePair, sdp, seededRandom, type EnginePair } from '../../../support/engine-pair.ts'
import { fakeNames, srv, type Zone } from '../../../support/fake-names.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { rawPeer } from '../../../support/raw-peer.ts'

const zone: Zone = {
  srv: { '_sip._udp.bob.com': [srv(1, 0, 5060, 'one.bob.com'), srv(2, 0, 5060, 'two.bob.com')] },
  addresses: { 'one.bob.com': ['10.0.0.9'], 'two.bob.com': ['10.0.0.2'] },
}
const options = { method: 'OPTIONS', uri: 'sip:bob.com' }

async function pairIn(zoneOf: Zone = zone): Promise<EnginePair> {
  return enginePair({ names: fakeNames(zoneOf) })
}

/** Lets names be resolved. */
function resolved(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

t.test('a request goes to the best server of its name', async t => {
  const pair = await pairIn()
  const { a, b, deliver, clock, rest } = pair
  const peer = rawPeer(pair)
  const sent = a.engine.request(options)
  t.equal(sent.ok, true)
  t.equal(peer.got().length, 0)
  await resolved()
  deliver()
  t.equal(peer.got().length, 1)
  t.equal(b.events.length, 0)
  clock.advance(32_050)
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

for (const [name, fail] of [
  ['says 503', 503],
  ['does not answer', undefined],
] as const) {
  t.test(`when the first server ${name}, the next one is asked under the same id`, async t => {
    const pair = await pairIn()
    const { a, b, deliver, clock, rest } = pair
    const peer = rawPeer(pair)
    const sent = a.engine.request({ ...options, method: 'INVITE', ...sdp })
    await resolved()
    deliver()
    const [first] = peer.got()
    if (fail === undefined) clock.advance(32_050)
    else {
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(line => `${line}: ${first?.headers.get(line)}`)
      peer.send(a, [`SIP/2.0 ${fail} No`, ...copied, `To: ${first?.headers.get('to')};tag=x`])
      deliver()
      t.equal(peer.got().at(-1)?.kind === 'request' && peer.got().at(-1)?.headers.get('cseq'), '1 ACK')
      peer.send(a, [`SIP/2.0 ${fail} No`, ...copied, `To: ${first?.headers.get('to')};tag=x`])
      deliver()
      t.equal(peer.got().length, 3, 'a copy of the refusal is still acknowledged')
    }
    t.equal(a.left('response'), 0, 'nobody is told of it')
    const invite = b.take('request')
    t.equal(invite.request.headers.get('call-id'), first?.headers.get('call-id'))
    t.not(invite.request.headers.get('via'), first?.headers.get('via'), 'it is a transaction of its own')
    b.engine.respond(invite.transaction, { status: 486 })
    deliver()
    const told = a.take('response')
    t.equal(told.transaction, sent.ok && sent.transaction)
    t.equal(told.response.status, 486)
    rest(t)
  })
}

t.test('the last server has the last word', async t => {
  const { a, b, deliver, clock, rest } = await pairIn()
  a.engine.request(options)
  await resolved()
  clock.advance(33_000)
  b.engine.respond(b.take('request').transaction, { status: 503 })
  deliver()
  t.equal(a.take('response').response.status, 503)
  rest(t)
})

t.test('a name that is nowhere is 503, told after the order has returned', async t => {
  const { a, deliver, rest } = await pairIn({})
  for (const method of ['OPTIONS', 'INVITE']) {
    t.equal(a.engine.request({ ...options, method }).ok, true)
    t.equal(a.left('response'), 0)
    await resolved()
    deliver()
    const { response, source } = a.take('response')
    t.equal(response.status, 503)
    t.equal(source, undefined)
  }
  rest(t)
})

t.test('an INVITE that is cancelled before its name is resolved never leaves', async t => {
  const { a, deliver, trace, rest } = await pairIn()
  const sent = a.engine.request({ ...options, method: 'INVITE', ...sdp })
  const wire = trace()
  t.equal(a.engine.cancel(sent.ok ? sent.transaction : '').ok, true)
  await resolved()
  deliver()
  t.equal(a.take('response').response.status, 487)
  t.strictSame(wire, [])
  rest(t)
})

t.test('an INVITE that is cancelled is not sent to another server', async t => {
  const pair = await pairIn()
  const { a, b, deliver, clock, rest } = pair
  const sent = a.engine.request({ ...options, method: 'INVITE', ...sdp })
  await resolved()
  deliver()
  a.engine.cancel(sent.ok ? sent.transaction : '')
  clock.advance(33_000)
  t.equal(a.take('response').response.status, 408)
  t.equal(b.events.length, 0)
  rest(t)
})

t.test('what goes on in a dialog follows the name in the Contact, the ACK too', async t => {
  const pair = await pairIn({ ...zone, addresses: { 'one.bob.com': ['10.0.0.2'] } })
  const { a, b, deliver, rest } = pair
  a.engine.request({ method: 'INVITE', uri: 'sip:bob@10.0.0.2', ...sdp })
  deliver()
  const contact = ['Contact', '<sip:bob@bob.com>'] as const
  b.engine.respond(b.take('request').transaction, { status: 200, ...sdp, headers: [...sdp.headers, contact] })
  deliver()
  const { dialog = '' } = a.take('response')
  a.engine.ack(dialog)
  await resolved()
  deliver()
  t.equal(b.take('ack').request.uri, 'sip:bob@bob.com')
  a.engine.request({ method: 'BYE', dialog })
  await resolved()
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  deliver()
  t.equal(a.take('response').response.status, 200)
  rest(t)
})

t.test('what is too large for UDP goes over TCP, and over UDP when the peer has none', async t => {
  const pair = await enginePair({}, 'tcp')
  const { a, b, deliver, network, trace, rest } = pair
  const wire = trace()
  const headers = [['Content-Type', 'text/plain']] as const
  a.engine.request({ method: 'MESSAGE', uri: 'sip:bob@10.0.0.2', headers, body: 'x'.repeat(1300) })
  deliver()
  const told = b.take('request')
  t.equal(told.source.transport, 'udp')
  t.match(told.request.headers.get('via'), /^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;/)
  b.engine.respond(told.transaction, { status: 200 })
  deliver()
  t.equal(a.take('response').response.status, 200)
  t.strictSame(wire, ['a MESSAGE', 'b 200'])
  const before = network.packets.length
  a.engine.request({ method: 'MESSAGE', uri: 'sip:bob@10.0.0.2', headers, body: 'x'.repeat(1300) })
  t.equal(network.packets.length, before + 1, 'the next one leaves over UDP at once')
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('a place whose transport was named keeps it', async t => {
  const { a, b, deliver, network, rest } = await enginePair({}, 'tcp')
  const headers = [['Content-Type', 'text/plain']] as const
  const uri = 'sip:bob@10.0.0.2;transport=udp'
  a.engine.request({ method: 'MESSAGE', uri, headers, body: 'x'.repeat(1300) })
  t.equal(network.packets.length, 1, 'it has left at once')
  deliver()
  b.engine.respond(b.take('request').transaction, { status: 200 })
  rest(t)
})

t.test('who has nothing but one connection asks for no name', async t => {
  const place = { host: 'x.invalid', port: 443 }
  const browser = { name: 'up', transport: 'wss', bound: place, advertised: place } as const
  const names = fakeNames({})
  const sent: string[] = []
  const engine = createEngine({
    transports: {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      listeners: () => [browser],
      route: () => browser,
      send: bytes => void sent.push(bytes.toString()),
      closeFlow: () => undefined,
    },
    clock: new ManualClock(),
    random: seededRandom(1),
    log: silentLog,
    names,
  })
  t.equal(engine.request({ method: 'REGISTER', uri: 'sip:front.example' }).ok, true)
  t.match(sent[0], /^REGISTER sip:front\.example SIP/)
  t.strictSame(names.asked, [])
  await engine.stop()
})
