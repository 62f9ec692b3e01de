import { createServer } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { startEngineProcess, type EngineProcessOptions } from '../../../engine/main.ts'
import { silentLog } from '../../../runtime/log.ts'
import { ControlClient } from '../../support/control-client.ts'
import { SipPeer } from '../../support/sip-peer.ts'

const trunk = { name: 'trunk', transport: 'udp', host: '127.0.0.1', port: 0 } as const
const options = (port: number): EngineProcessOptions => ({
  listeners: [trunk],
  control: { host: '127.0.0.1', port, secret: 'cymru' },
  log: silentLog,
})

t.test('an engine process answers peers through its applications', async t => {
  const engine = await startEngineProcess(options(0))
  t.teardown(() => engine.stop())
  const app = await ControlClient.ready(engine.control.port, 'cymru', ['options'])
  const peer = await SipPeer.udp()
  t.teardown(() => peer.stop())
  const port = engine.listeners[0]?.bound.port
  peer.send({ method: 'OPTIONS', uri: `sip:127.0.0.1:${port}` })
  const { fields } = await app.next()
  t.strictSame(fields.slice(10), ['127.0.0.1', String(port), ''])
  await app.ask(`sip|${fields[8]}|`, 'SIP/2.0 204 No Notification\r\nx-answer: 42\r\n\r\n')
  const { response } = await peer.answered(204)
  t.equal(response.headers.get('X-Answer'), '42')
  await app.close()
})

t.test('a caller hears 100 at once, as from a drachtio-server', async t => {
  const engine = await startEngineProcess(options(0))
  t.teardown(() => engine.stop())
  const app = await ControlClient.ready(engine.control.port, 'cymru', ['invite'])
  const peer = await SipPeer.udp()
  t.teardown(() => peer.stop())
  peer.send({ method: 'INVITE', uri: `sip:127.0.0.1:${engine.listeners[0]?.bound.port}` })
  const { fields } = await app.next()
  await peer.answered(100)
  await app.ask(`sip|${fields[8]}|`, 'SIP/2.0 486 Busy Here\r\n\r\n')
  await peer.answered(486)
  await app.close()
})

t.test('a control port in use is told with its address, and the SIP listeners are closed again', async t => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const probe = await startEngineProcess(options(0))
  const sip = probe.listeners[0]?.bound.port ?? 0
  await probe.stop()
  const listeners = [{ ...trunk, port: sip }]
  await t.rejects(startEngineProcess({ ...options(port), listeners }), {
    code: 'E_PORT_IN_USE',
    message: new RegExp(`127.0.0.1:${port}`),
  })
  const again = await startEngineProcess({ ...options(0), listeners })
  t.equal(again.listeners[0]?.bound.port, sip)
  await again.stop()
})

t.test('there is no control port without a secret', async t => {
  const { control } = options(0)
  await t.rejects(startEngineProcess({ ...options(0), control: { ...control, secret: '' } }), {
    code: 'E_CONFIG',
  })
})
