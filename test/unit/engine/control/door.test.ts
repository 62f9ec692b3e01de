import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { generate } from 'selfsigned'
import t, { type Test } from 'tap'
import { frame, FrameReader } from '../../../../engine/control/framing.ts'
import type { Certificate } from '../../../../engine/transport/transport-options.ts'
import { controlBench, type ControlBench } from '../../../support/control-bench.ts'

async function certificate(name: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], { algorithm: 'sha256', keySize: 2048 })
  return { cert: made.cert, key: made.private }
}

async function secureBench(t: Test): Promise<ControlBench> {
  return await controlBench(t, {
    tls: { host: '127.0.0.1', port: 0, certificate: await certificate('first') },
  })
}

/** Connects over TLS: the name in the certificate, and the reply to one message. */
async function asked({ control }: ControlBench, message: string): Promise<{ name: string; reply: string }> {
  const { port = 0 } = control.tlsAddress() ?? {}
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.write(frame(message))
  const reply = new Promise<string>(resolve => {
    const reader = new FrameReader(10_000)
    socket.on('data', (chunk: Buffer) =>
      reader.push(chunk).payloads.map(payload => resolve(payload.toString())),
    )
  })
  const told = { reply: await reply, name: String(socket.getPeerCertificate().subject.CN) }
  socket.end()
  await once(socket, 'close')
  return told
}

t.test('applications may come over TLS as well', async t => {
  const bench = await secureBench(t)
  t.match(await asked(bench, 'a|authenticate|cymru|'), { name: 'first', reply: /\|response\|a\|OK\|/ })
  t.match(await asked(bench, 'a|authenticate|wrong|'), { reply: /\|response\|a\|NO\|incorrect secret/ })
  const plain = await bench.app([])
  t.equal((await plain.ask('ping')).fields[4], 'pong')
})

t.test('a new certificate is shown to new connections; one that cannot be used changes nothing', async t => {
  const bench = await secureBench(t)
  bench.control.renewCertificate(await certificate('second'))
  t.equal((await asked(bench, 'a|authenticate|cymru|')).name, 'second')
  t.throws(() => bench.control.renewCertificate({ cert: 'none', key: 'none' }), { code: 'E_LISTEN' })
  t.equal((await asked(bench, 'a|authenticate|cymru|')).name, 'second')
})

t.test('the end does not wait for a connection that never ends its handshake', async t => {
  const bench = await secureBench(t)
  const { port = 0 } = bench.control.tlsAddress() ?? {}
  const silent = connectTcp(port, '127.0.0.1')
  await once(silent, 'connect')
  silent.on('error', () => undefined)
  // Only when this one was let in is the silent one in as well.
  await asked(bench, 'a|authenticate|cymru|')
  const closed = once(silent, 'close')
  await bench.control.stop()
  await closed
})

t.test('a certificate that cannot be used is told before anything is open', async t => {
  const tls = { host: '127.0.0.1', port: 0, certificate: { cert: 'none', key: 'none' } }
  await t.rejects(controlBench(t, { tls }), { code: 'E_LISTEN' })
})
