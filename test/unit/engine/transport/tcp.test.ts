import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { createTransports } from '../../../../engine/transport/transports.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import {
  certificate,
  on,
  opened,
  said,
  sip,
  refusedClient,
  tcpClient,
} from '../../../support/transport-peers.ts'

const own = await certificate()

t.test('one connection carries everything between two peers, in both directions', async t => {
  const here = await opened(t, [on('tcp', { name: 'here' })])
  const there = await opened(t, [on('tcp', { name: 'there' })])
  const to = { transport: 'tcp', host: '127.0.0.1', port: there.port } as const
  here.transports.send(sip('one', 'body'), to, reason => t.fail(reason))
  here.transports.send(sip('two'), to, reason => t.fail(reason))
  const one = await there.next('message')
  const two = await there.next('message')
  t.strictSame([one.bytes, two.bytes], [sip('one', 'body'), sip('two')])
  t.equal(one.source.flow, two.source.flow)
  t.equal(one.source.listener, 'there')
  const flow = one.source.flow ?? ''
  t.equal(there.transports.route({ flow })?.name, 'there')
  there.transports.send(sip('back'), { flow }, reason => t.fail(reason))
  const back = await here.next('message')
  t.strictSame(back.bytes, sip('back'))
  t.match(back.source, { transport: 'tcp', address: '127.0.0.1', port: there.port, listener: 'here' })
})

t.test('IPv6 peers are reached from the IPv6 listener', async t => {
  const here = await opened(t, [on('tcp'), on('tcp', { name: 'v6', host: '::1' })])
  const there = await opened(t, [on('tcp', { host: '::1' })])
  here.transports.send(sip('six'), { transport: 'tcp', host: '::1', port: there.port }, reason =>
    t.fail(reason),
  )
  const { bytes, source } = await there.next('message')
  t.strictSame(bytes, sip('six'))
  t.equal(source.address, '::1')
  there.transports.send(sip('back'), { flow: source.flow ?? '' }, reason => t.fail(reason))
  t.equal((await here.next('message')).source.listener, 'v6')
})

t.test('a closed flow is told to both sides and takes no more messages', async t => {
  const here = await opened(t, [on('tcp')])
  const socket = await tcpClient(t, here.port)
  socket.write(sip('one'))
  const flow = (await here.next('message')).source.flow ?? ''
  const ended = once(socket, 'close')
  here.transports.closeFlow(flow)
  await ended
  t.equal((await here.next('flow-closed')).flow, flow)
  t.equal(here.transports.route({ flow }), undefined)
  t.equal(await here.failure(sip('late'), { flow }), 'flow-closed')
})

t.test('a double CRLF is answered with one', async t => {
  const here = await opened(t, [on('tcp')])
  const socket = await tcpClient(t, here.port)
  socket.write(Buffer.concat([sip('one'), Buffer.from('\r\n\r\n')]))
  t.equal(await said(socket, 2), '\r\n')
})

t.test('messages fail when nobody listens at the other end', async t => {
  const here = await opened(t, [on('tcp')])
  const empty = createServer().listen(0, '127.0.0.1')
  await once(empty, 'listening')
  const address = empty.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise(resolve => empty.close(resolve))
  t.equal(await here.failure(sip('one'), { transport: 'tcp', host: '127.0.0.1', port }), 'ECONNREFUSED')
})

t.test('a peer that breaks the framing is cut', async t => {
  const here = await opened(t, [on('tcp')])
  const socket = await tcpClient(t, here.port)
  const ended = once(socket, 'close')
  socket.write('OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n')
  await ended
  await here.next('flow-closed')
})

t.test('a peer that stays silent is cut', async t => {
  const clock = new ManualClock()
  const here = await opened(t, [on('tcp')], { clock })
  const socket = await tcpClient(t, here.port)
  const closed = once(socket, 'close')
  socket.write('\r\n\r\nOPTIONS sip:a SIP/2.0\r\n')
  await said(socket, 2)
  clock.advance(10_000)
  await closed
  await here.next('flow-closed')
})

t.test('a peer that never reads is cut, and what it did not get is told', async t => {
  const here = await opened(t, [on('tcp')], { limits: { queueBytes: 100_000 } })
  const socket = await tcpClient(t, here.port)
  socket.write(sip('one'))
  const flow = (await here.next('message')).source.flow ?? ''
  socket.pause()
  const reasons = new Set<string>()
  const big = sip('big', 'x'.repeat(60_000))
  for (let sent = 0; sent < 400 && reasons.size === 0; sent++) {
    here.transports.send(big, { flow }, reason => reasons.add(reason))
    await new Promise(setImmediate)
  }
  t.ok(reasons.has('slow-consumer'))
  await here.next('flow-closed')
})

t.test('an address has only so many connections, and a closed one makes room', async t => {
  const here = await opened(t, [on('tcp')], { limits: { connectionsPerAddress: 1 } })
  const first = await tcpClient(t, here.port)
  await refusedClient(here.port)
  first.write(sip('first'))
  await here.next('message')
  first.destroy()
  await here.next('flow-closed')
  const third = await tcpClient(t, here.port)
  third.write(sip('third'))
  t.strictSame((await here.next('message')).bytes, sip('third'))
})

t.test('a peer that may not enter is cut before it is read', async t => {
  const here = await opened(t, [on('tcp')], { mayEnter: () => false })
  t.equal(await refusedClient(here.port), 0, 'nothing was said')
})

t.test('TLS carries messages when the certificate fits, by name and by address', async t => {
  const options = { tls: own, tlsClient: { ca: own.cert } }
  const here = await opened(t, [on('tls')], options)
  const there = await opened(t, [on('tls')], options)
  for (const host of ['127.0.0.1', 'localhost']) {
    here.transports.send(sip(host), { transport: 'tls', host, port: there.port }, reason => t.fail(reason))
    const { bytes, source } = await there.next('message')
    t.strictSame(bytes, sip(host))
    t.equal(source.transport, 'tls')
  }
})

t.test('nothing is sent to a TLS server with a certificate that nobody vouches for', async t => {
  const here = await opened(t, [on('tls')], { tls: own })
  const there = await opened(t, [on('tls')], { tls: own })
  const to = { transport: 'tls', host: '127.0.0.1', port: there.port } as const
  t.match(await here.failure(sip('secret'), to), /SELF_SIGNED|UNABLE_TO_VERIFY/)
})

t.test('a new certificate is shown to new connections, and a bad one changes nothing', async t => {
  const here = await opened(t, [on('tls')], { tls: own })
  const before = await shown(t, here.port)
  const other = await certificate()
  here.transports.setCertificate(other)
  const after = await shown(t, here.port)
  t.not(after, before)
  t.throws(() => here.transports.setCertificate({ cert: own.cert, key: other.key }), { code: 'E_LISTEN' })
  t.throws(() => here.transports.setCertificate({ cert: 'none', key: 'none' }), { code: 'E_LISTEN' })
  t.equal(await shown(t, here.port), after)
})

t.test('a TLS listener without a certificate says what is missing', async t => {
  const bare = createTransports({ listeners: [on('tls')], log: silentLog })
  await t.rejects(
    bare.start(() => undefined),
    { code: 'E_LISTEN', message: /tls\.cert and tls\.key/ },
  )
})

async function shown(t: { teardown(task: () => unknown): void }, port: number): Promise<string> {
  const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket.getPeerCertificate().fingerprint256
}
