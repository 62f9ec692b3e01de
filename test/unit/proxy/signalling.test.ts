import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { loadCertificate } from '../../../config/certificate.ts'
import { defaultConfig, type Config } from '../../../config/schema.ts'
import { createSignalling, type Signalling } from '../../../proxy/signalling.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLog } from '../../../runtime/log.ts'
import { udpPeer } from '../../support/attack/peers.ts'
import { requestText } from '../../support/attack/text.ts'
import { passing, within } from '../../support/attack/time.ts'

/** The sockets of a door on free ports, whose application answers 200; only 127.0.0.1 is served. */
async function signalling(
  t: Test,
  change: (config: Config) => Config = config => config,
): Promise<Signalling> {
  const free = { host: '127.0.0.1', port: 0 }
  const { listen } = defaultConfig
  const config = change({
    ...defaultConfig,
    dataDir: t.testdir({}),
    listen: {
      ...listen,
      public: { ...listen.public, ...free },
      trunk: { ...listen.trunk, ...free, strangers: 'ignore' },
      inside: { ...listen.inside, ...free },
    },
  })
  const made = createSignalling({
    config,
    certificate: await loadCertificate(config),
    onPublicRequest: (_, response) => response.end(),
    isServed: address => address === '127.0.0.1',
    clock: systemClock,
    log: silentLog,
  })
  await made.edge.start(event => {
    if (event.kind === 'request') made.edge.respond({ transaction: event.transaction, status: 200 })
  })
  t.teardown(() => made.edge.stop())
  return made
}

function portOf({ transports }: Signalling, name: string): number {
  const found = transports.listeners().find(one => one.name === name && one.transport === 'udp')
  return found?.bound.port ?? 0
}

function count({ metrics }: Signalling, name: string): number {
  const samples = metrics?.families().find(family => family.name === name)
  return samples?.read().reduce((sum, { value }) => sum + value, 0) ?? Number.NaN
}

t.test('where strangers are ignored they get no answer, elsewhere they do', async t => {
  const made = await signalling(t)
  const [stranger, trunk] = [await udpPeer(t, '127.0.12.1'), await udpPeer(t)]
  stranger.send(requestText('OPTIONS', { callId: 'trunk' }), portOf(made, 'trunk'))
  stranger.send(requestText('OPTIONS', { callId: 'inside' }), portOf(made, 'inside'))
  trunk.send(requestText('OPTIONS', { callId: 'known' }), portOf(made, 'trunk'))
  await Promise.all([stranger.answer('inside'), trunk.answer('known')])
  await passing(50)
  t.equal(stranger.got.length, 1)
  t.equal(count(made, 'portico_datagrams_unheard_total'), 1)
})

t.test('messages are counted and traced, and the engine shows what it holds', async t => {
  const made = await signalling(t)
  const peer = await udpPeer(t)
  peer.send(requestText('INVITE', { callId: 'call' }), portOf(made, 'trunk'))
  await peer.answer('call')
  t.equal(count(made, 'drachtio_sip_requests_in_total'), 1)
  t.ok(count(made, 'drachtio_sip_responses_out_total') >= 1)
  t.equal(count(made, 'drachtio_sofia_dialog_hash_size'), 1)
  t.equal(count(made, 'portico_shed_level'), 0)
  t.match(
    made.trace?.of('call')?.messages.map(({ direction, text }) => `${direction} ${text.slice(0, 11)}`),
    ['in INVITE sip:', 'out SIP/2.0 200'],
  )
})

t.test('a capture server gets a copy of every message', async t => {
  const server = createSocket('udp4').bind(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  let packets = 0
  server.on('message', bytes => (packets += bytes.toString('latin1', 0, 4) === 'HEP3' ? 1 : 0))
  const hep = `udp://127.0.0.1:${server.address().port}`
  const made = await signalling(t, config => ({ ...config, capture: { ...config.capture, hep } }))
  const peer = await udpPeer(t)
  peer.send(requestText('OPTIONS', { callId: 'one' }), portOf(made, 'inside'))
  await peer.answer('one')
  t.ok(await within(2000, () => packets === 2))
})
