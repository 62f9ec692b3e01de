import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { silentLog } from '../../../../runtime/log.ts'
import { createTransports } from '../../../../engine/transport/transports.ts'
import { on, opened, sip } from '../../../support/transport-peers.ts'

for (const host of ['127.0.0.1', '::1']) {
  t.test(`a datagram travels between two listeners on ${host}`, async t => {
    const here = await opened(t, [on('udp', { host, name: 'here' })])
    const there = await opened(t, [on('udp', { host, name: 'there' })])
    here.transports.send(sip('one'), { transport: 'udp', host, port: there.port }, reason => t.fail(reason))
    const { bytes, source } = await there.next('message')
    t.strictSame(bytes, sip('one'))
    t.strictSame(source, { transport: 'udp', address: host, port: here.port, listener: 'there' })
  })
}

t.test('host names are resolved, and unknown ones fail', async t => {
  const here = await opened(t, [on('udp')])
  const there = await opened(t, [on('udp')])
  here.transports.send(sip('named'), { transport: 'udp', host: 'localhost', port: there.port }, reason =>
    t.fail(reason),
  )
  t.strictSame((await there.next('message')).bytes, sip('named'))
  t.equal(
    await here.failure(sip('x'), { transport: 'udp', host: 'no such host', port: 5060 }),
    'unknown-host',
  )
})

t.test('it leaves from the listener that was asked for, else from the first of the family', async t => {
  const here = await opened(t, [
    on('udp', { name: 'first' }),
    on('udp', { name: 'second' }),
    on('udp', { name: 'v6', host: '::1' }),
  ])
  const to = { transport: 'udp', host: '127.0.0.1', port: 9 } as const
  t.equal(here.transports.route(to)?.name, 'first')
  t.equal(here.transports.route({ ...to, listener: 'second' })?.name, 'second')
  t.equal(here.transports.route({ ...to, host: '::1' })?.name, 'v6')
  t.equal(here.transports.route({ ...to, listener: 'v6' }), undefined)
  t.equal(here.transports.route({ ...to, transport: 'tcp' }), undefined)
  t.equal(await here.failure(sip('x'), { ...to, transport: 'tcp' }), 'no-listener')
})

t.test('more than a datagram holds is refused', async t => {
  const here = await opened(t, [on('udp')])
  const target = { transport: 'udp', host: '127.0.0.1', port: here.port } as const
  t.equal(await here.failure(Buffer.alloc(65_508), target), 'too-large')
})

t.test('keep-alives and peers that may not enter are not heard', async t => {
  const here = await opened(t, [on('udp')], {
    mayEnter: (address, listener) => listener === 'test' && address !== '127.0.0.2',
  })
  const sockets = ['127.0.0.1', '127.0.0.2'].map(() => createSocket('udp4'))
  t.teardown(() => sockets.forEach(socket => socket.close()))
  const [welcome, stranger] = sockets
  stranger?.bind(0, '127.0.0.2')
  if (stranger) await once(stranger, 'listening')
  stranger?.send(sip('stranger'), here.port, '127.0.0.1')
  welcome?.send('\r\n\r\n', here.port, '127.0.0.1')
  welcome?.send(sip('welcome'), here.port, '127.0.0.1')
  t.strictSame((await here.next('message')).bytes, sip('welcome'))
})

t.test('a port in use is named, with the setting to change, and nothing stays open', async t => {
  // An address from which nobody else connects, so that nobody else has the port.
  const host = '127.0.0.77'
  const here = await opened(t, [on('udp', { name: 'trunk', host })])
  const { port } = here
  const taken = createTransports({
    listeners: [on('tcp', { host, port }), on('udp', { name: 'trunk', host, port })],
    log: silentLog,
  })
  await t.rejects(
    taken.start(() => undefined),
    {
      code: 'E_PORT_IN_USE',
      message: `udp ${host}:${port} is in use by another program: stop that or change listen.trunk`,
    },
  )
  t.strictSame(taken.listeners(), [])
  await opened(t, [on('tcp', { host, port })])
})

t.test('an address of another machine is refused', async t => {
  const wrong = createTransports({ listeners: [on('udp', { host: '192.0.2.1' })], log: silentLog })
  await t.rejects(
    wrong.start(() => undefined),
    { code: 'E_LISTEN', message: /no address of this machine/ },
  )
})

t.test('what is advertised is what was asked for, else where it is bound', async t => {
  const advertise = { host: 'sip.example.com', port: 5060 }
  const here = await opened(t, [on('udp', { advertise }), on('udp'), on('udp', { host: '0.0.0.0' })])
  const [told, plain, wild] = here.transports.listeners()
  t.strictSame(told?.advertised, advertise)
  t.strictSame(plain?.advertised, plain?.bound)
  t.equal(wild?.bound.host, '0.0.0.0')
  t.not(wild?.advertised.host, '0.0.0.0')
})
