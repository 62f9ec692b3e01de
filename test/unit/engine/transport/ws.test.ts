import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import { ManualClock } from '../../../support/manual-clock.ts'
import { certificate, on, opened, sip, tcpClient } from '../../../support/transport-peers.ts'

const origin = 'https://agents.example.com'
// Nobody here answers, and so nobody is accepted.
const ws = { origins: [origin], acceptedMs: 0 }

t.test('a browser sends and gets one message per frame', async t => {
  const here = await opened(t, [on('ws', { name: 'public' })], { ws })
  const client = await joined(t, here.port)
  t.equal(client.protocol, 'sip')
  client.send(sip('hello'))
  const { bytes, source } = await here.next('message')
  t.strictSame(bytes, sip('hello'))
  t.match(source, { transport: 'ws', address: '127.0.0.1', listener: 'public', flow: /^[\w-]+$/ })
  const answer = once(client, 'message')
  here.transports.send(sip('answer'), { flow: source.flow ?? '' }, reason => t.fail(reason))
  t.strictSame(await answer, [sip('answer'), false])
  const byPeer = once(client, 'message')
  const { address: host, port } = source
  here.transports.send(sip('by address'), { transport: 'ws', host, port }, reason => t.fail(reason))
  t.strictSame(await byPeer, [sip('by address'), false])
  client.close()
  t.equal((await here.next('flow-closed')).flow, source.flow)
})

t.test('a body that is no text goes out as a binary frame', async t => {
  const here = await opened(t, [on('ws')], { ws })
  const client = await joined(t, here.port)
  client.send(sip('hello'))
  const flow = (await here.next('message')).source.flow ?? ''
  const binary = Buffer.concat([sip('x'), Buffer.of(0xff, 0xfe)])
  here.transports.send(binary, { flow }, reason => t.fail(reason))
  t.strictSame(await once(client, 'message'), [binary, true])
})

t.test('wss works with a certificate that can be exchanged under open connections', async t => {
  const tls = await certificate()
  const here = await opened(t, [on('wss')], { ws, tls })
  const client = await joined(t, here.port, { ca: tls.cert }, 'wss')
  const other = await certificate()
  here.transports.setCertificate(other)
  await joined(t, here.port, { ca: other.cert }, 'wss')
  client.send(sip('still here'))
  t.strictSame((await here.next('message')).bytes, sip('still here'))
})

t.test('a double CRLF is answered with one, a single one is not heard', async t => {
  const here = await opened(t, [on('ws')], { ws })
  const client = await joined(t, here.port)
  client.send('\r\n')
  client.send('\r\n\r\n')
  t.strictSame(await once(client, 'message'), [Buffer.from('\r\n'), false])
  client.send(sip('after'))
  t.strictSame((await here.next('message')).bytes, sip('after'))
})

const refused: readonly [
  name: string,
  status: number,
  path: string,
  protocols: string[],
  options: ClientOptions,
][] = [
  ['another path', 404, '/', ['sip'], { origin }],
  ['another origin', 403, '/sip', ['sip'], { origin: 'https://evil.example' }],
  ['the origin null', 403, '/sip', ['sip'], { origin: 'null' }],
  ['an origin that only begins alike', 403, '/sip', ['sip'], { origin: `${origin}.evil.example` }],
  ['an origin with another port', 403, '/sip', ['sip'], { origin: `${origin}:444` }],
  ['an origin in other case', 403, '/sip', ['sip'], { origin: origin.toUpperCase() }],
  ['no origin', 403, '/sip', ['sip'], {}],
  ['no subprotocol', 400, '/sip', [], { origin }],
  ['another subprotocol', 400, '/sip', ['msrp'], { origin }],
  ['version 8', 426, '/sip', ['sip'], { protocolVersion: 8, headers: { Origin: origin } }],
]

for (const [name, status, path, protocols, options] of refused) {
  t.test(`an upgrade with ${name} is refused with ${status}`, async t => {
    const here = await opened(t, [on('ws')], { ws })
    const client = new WebSocket(`ws://127.0.0.1:${here.port}${path}`, protocols, options)
    client.on('error', () => undefined)
    t.match(await once(client, 'unexpected-response'), [Object, { statusCode: status }])
    client.terminate()
  })
}

t.test('any origin and none may be allowed', async t => {
  const here = await opened(t, [on('ws')], { ws: { ...ws, origins: ['*'], allowMissingOrigin: true } })
  await joined(t, here.port, { origin: 'null' })
  const client = new WebSocket(`ws://127.0.0.1:${here.port}/sip?x=1`, ['msrp', 'sip'])
  t.teardown(() => client.terminate())
  await once(client, 'open')
  t.equal(client.protocol, 'sip')
})

t.test('every other request goes to the handler, and is not found without one', async t => {
  const handled = await opened(t, [on('ws')], { ws: { ...ws, onRequest: tellUrl } })
  const bare = await opened(t, [on('ws')], { ws })
  t.equal(await fetch(`http://127.0.0.1:${handled.port}/page`).then(found => found.text()), 'got /page')
  t.equal((await fetch(`http://127.0.0.1:${bare.port}/page`)).status, 404)
})

t.test('a connection that brings no message is cut', async t => {
  const clock = new ManualClock()
  const here = await opened(t, [on('ws')], { ws, clock })
  const client = await joined(t, here.port)
  client.send('\r\n\r\n')
  await once(client, 'message')
  const closed = once(client, 'close')
  clock.advance(10_000)
  await closed
  await here.next('flow-closed')
})

t.test('a connection that drips its request is cut', async t => {
  const here = await opened(t, [on('ws')], { ws: { ...ws, headersMs: 30 } })
  const clients = [await tcpClient(t, here.port), await tcpClient(t, here.port)]
  const closed = clients.map(client => once(client.resume(), 'close'))
  clients[0]?.write('GET /sip HTTP/1.1\r\nHost: x\r\n')
  await Promise.all(closed)
  t.pass('the silent one is gone, too')
})

t.test('a connection that answers no ping is cut, one that does stays', async t => {
  const clock = new ManualClock()
  const here = await opened(t, [on('ws')], { ws, clock })
  const live = await joined(t, here.port)
  const dead = await joined(t, here.port, { autoPong: false })
  const pinged = Promise.all([once(live, 'ping'), once(dead, 'ping')])
  for (const client of [live, dead]) client.send(sip('hello'))
  await here.next('message')
  await here.next('message')
  clock.advance(30_000)
  await pinged
  live.send(sip('behind the pong'))
  await here.next('message')
  const closed = once(dead, 'close')
  clock.advance(30_000)
  await closed
  live.send(sip('alive'))
  t.strictSame((await here.next('message')).bytes, sip('alive'))
})

t.test('messages and fragments beyond the limits close the connection', async t => {
  const here = await opened(t, [on('ws')], { ws })
  const large = await joined(t, here.port)
  large.send(Buffer.alloc(65_537))
  t.equal((await once(large, 'close'))[0], 1009)
  const shredded = await joined(t, here.port)
  for (let count = 0; count < 70; count++) shredded.send('x', { fin: false })
  t.equal((await once(shredded, 'close'))[0], 1008)
})

t.test('a browser that never reads is cut', async t => {
  const here = await opened(t, [on('ws')], { ws, limits: { queueBytes: 100_000 } })
  const client = await joined(t, here.port)
  client.send(sip('hello'))
  const flow = (await here.next('message')).source.flow ?? ''
  client.pause()
  const reasons = new Set<string>()
  const big = sip('big', 'x'.repeat(60_000))
  for (let sent = 0; sent < 400 && reasons.size === 0; sent++) {
    here.transports.send(big, { flow }, reason => reasons.add(reason))
    await new Promise(setImmediate)
  }
  t.ok(reasons.has('slow-consumer'))
  await here.next('flow-closed')
})

t.test('an address has only so many connections, also before their TLS handshake', async t => {
  const tls = await certificate()
  const here = await opened(t, [on('wss')], { ws, tls, limits: { connectionsPerAddress: 1 } })
  const silent = await tcpClient(t, here.port)
  await t.rejects(joined(t, here.port, { ca: tls.cert }, 'wss'))
  const gone = once(silent, 'close')
  silent.end()
  await gone
  const client = await joined(t, here.port, { ca: tls.cert }, 'wss')
  client.send(sip('room'))
  t.strictSame((await here.next('message')).bytes, sip('room'))
})

t.test('of a crowd that comes over TLS everybody gets in, one after the other', async t => {
  const tls = await certificate()
  const here = await opened(t, [on('wss')], { ws, tls, limits: { handshakesPerTurn: 1 } })
  const crowd = Array.from({ length: 20 }, () => joined(t, here.port, { ca: tls.cert }, 'wss'))
  const impatient = await Promise.all(Array.from({ length: 20 }, () => tcpClient(t, here.port)))
  for (const client of impatient) client.resetAndDestroy()
  for (const client of await Promise.all(crowd)) client.send(sip('here'))
  for (const _ of crowd) t.strictSame((await here.next('message')).bytes, sip('here'))
})

t.test('stopping says that the service restarts', async t => {
  const here = await opened(t, [on('ws')], { ws })
  const client = await joined(t, here.port)
  const closed = once(client, 'close')
  await here.transports.stop()
  t.equal((await closed)[0], 1012)
})

function tellUrl(request: IncomingMessage, response: ServerResponse): void {
  response.end(`got ${request.url}`)
}

async function joined(t: Test, port: number, options: ClientOptions = {}, scheme = 'ws'): Promise<WebSocket> {
  const client = new WebSocket(`${scheme}://127.0.0.1:${port}/sip`, 'sip', { origin, ...options })
  t.teardown(() => client.terminate())
  await once(client, 'open')
  client.on('error', () => undefined)
  return client
}
