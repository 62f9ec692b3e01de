// `portico engine` as an operator starts it: applications come over TCP and over TLS.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { frame, FrameReader } from '../../engine/control/framing.ts'
import { inNamespace } from '../support/namespace.ts'
import { startPortico, until } from '../support/world.ts'

if (await inNamespace(import.meta.url)) suite()

function suite(): void {
  t.test('an application comes over either control port, with the secret', async t => {
    const { file, certificate } = settings(t, 'tlsPort: 9023, cdrs: true')
    const engine = await startPortico('engine', file)
    await until('the second port', () => engine.output.includes('control  tls 127.0.0.1:9023'))
    const secure = connectTls({
      host: '127.0.0.1',
      port: 9023,
      ca: readFileSync(certificate),
      servername: 'localhost',
    })
    await once(secure, 'secureConnect')
    t.match(
      await ask(secure, 'a|authenticate|cymru|one'),
      /\|response\|a\|OK\|udp\/127\.0\.0\.1:5060,.*\|v0\.9\./,
    )
    t.match(await ask(secure, 'b|ping'), /\|response\|b\|OK\|pong$/)
    t.match(await ask(secure, 'c|route|cdr:start'), /\|response\|c\|OK/)
    const plain = connect(9022, '127.0.0.1')
    t.match(await ask(plain, 'a|authenticate|wrong|'), /\|response\|a\|NO\|incorrect secret/)
    for (const socket of [secure, plain]) socket.destroy()
    t.equal(await engine.stop(), 0)
  })

  t.test('Prometheus finds what the engine counts, and nothing else', async t => {
    const engine = await startPortico('engine', settings(t, '').file)
    await until('the metrics', () => engine.output.includes('metrics  http://127.0.0.1:9081/metrics'))
    const peer = createSocket('udp4')
    t.teardown(() => peer.close())
    peer.send('OPTIONS nonsense', 5060, '127.0.0.1')
    await until('a count', async () => /^portico_sip_malformed_total\{.*\} 1$/m.test(await scrape()))
    const text = await scrape()
    for (const name of [
      'drachtio_stable_dialogs',
      'portico_loop_lag_seconds',
      'process_resident_memory_bytes',
    ])
      t.match(text, new RegExp(`^${name}[ {]`, 'm'))
    t.equal((await fetch('http://127.0.0.1:9081/')).status, 404)
    t.equal(await engine.stop(), 0)
  })

  t.test('without the setting there is no second port', async t => {
    const engine = await startPortico('engine', settings(t, '').file)
    const refused = await new Promise<Error>(resolve => connect(9023, '127.0.0.1').once('error', resolve))
    t.match(refused, { code: 'ECONNREFUSED' })
    t.equal(await engine.stop(), 0)
  })
}

async function scrape(): Promise<string> {
  const answer = await fetch('http://127.0.0.1:9081/metrics')
  return answer.text()
}

/** Sends a message and resolves to the next one that comes. */
async function ask(socket: Socket, leader: string): Promise<string> {
  const reader = new FrameReader(65_536)
  const answer = new Promise<string>(resolve => {
    socket.on('data', chunk => {
      const [payload] = reader.push(chunk).payloads
      if (payload !== undefined) resolve(payload.toString())
    })
  })
  socket.write(frame(leader))
  return answer.finally(() => socket.removeAllListeners('data'))
}

function settings(t: Test, more: string): { readonly file: string; readonly certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'portico-settings-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'portico.yaml')
  const yaml = `dataDir: ${folder}/data\nsignalling: { drachtio: { secret: cymru, ${more} } }\n`
  writeFileSync(file, yaml, { mode: 0o600 })
  return { file, certificate: join(folder, 'data', 'development-cert.pem') }
}
