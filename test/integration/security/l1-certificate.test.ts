// L1: the certificate is exchanged under open connections; a pair that cannot be used changes nothing; nothing older than TLS 1.2
// and no cipher without authentication is spoken.
import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { browser } from '../../support/attack/peers.ts'
import { openTarget } from '../../support/attack/target.ts'
import { statusOf } from '../../support/sip-text.ts'
import { certificate } from '../../support/transport-peers.ts'

const [first, second] = [await certificate(), await certificate()]

async function shown(t: Test, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

t.test('fifty agents stay connected when the certificate changes, and new ones see the new one', async t => {
  const target = await openTarget(t, { listeners: ['wss'], tls: first })
  const port = target.port('wss')
  const agents = await Promise.all(
    Array.from({ length: 50 }, () => browser(t, port, { scheme: 'wss', ca: first.cert })),
  )
  await Promise.all(agents.map(agent => agent.ask('REGISTER')))
  target.transports.setCertificate(second)
  const answers = await Promise.all(agents.map(agent => agent.ask('REGISTER')))
  t.ok(answers.every(answer => statusOf(answer) === 200))
  t.equal(target.flows(), 50)
  const late = await browser(t, port, { scheme: 'wss', ca: second.cert })
  t.equal(statusOf(await late.ask('REGISTER')), 200)
  await t.rejects(browser(t, port, { scheme: 'wss', ca: first.cert }))
})

for (const [name, pair] of [
  ['of which one half is of another', { cert: first.cert, key: second.key }],
  ['that is none', { cert: 'none', key: 'none' }],
  ['that is cut off', { cert: first.cert.slice(0, 200), key: first.key }],
] as const) {
  t.test(`a pair ${name} is refused, and the one before stays`, async t => {
    const target = await openTarget(t, { listeners: ['wss', 'tls'], tls: first })
    t.throws(() => target.transports.setCertificate(pair), { code: 'E_LISTEN' })
    for (const transport of ['wss', 'tls'] as const) {
      const socket = await shown(t, target.port(transport), { ca: first.cert, rejectUnauthorized: true })
      t.equal(socket.authorized, true)
    }
  })
}

const old: readonly [name: string, options: ConnectionOptions][] = [
  // Security level 0 lets the client itself speak what it should not.
  ['TLS 1.0', { maxVersion: 'TLSv1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }],
  ['TLS 1.1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
  ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' }],
]

for (const [name, options] of old) {
  t.test(`${name} is not spoken`, async t => {
    for (const transport of ['wss', 'tls'] as const) {
      const target = await openTarget(t, { listeners: [transport], tls: first })
      await t.rejects(shown(t, target.port(transport), options))
      t.equal((await shown(t, target.port(transport), { maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2')
      t.equal((await shown(t, target.port(transport))).getProtocol(), 'TLSv1.3')
    }
  })
}
